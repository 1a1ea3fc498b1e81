//! The data that a flow's first screen gets: JSON, in whose texts `{{column}}` and `[COLUMN]` stand for the recipient's
//! cells.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wire::ButtonContent;

use super::{ParameterProblem, placeholders};

/// What is wrong with the first placeholder of the data that cannot be filled.
pub(super) fn fault(data: &BTreeMap<String, Value>, columns: &[String]) -> Option<String> {
    data.values().flat_map(texts).find_map(|text| placeholders::fault(text, columns))
}

/// The data of each button for one recipient, as JSON and in the order of the content; nothing where all of it is the
/// same for everybody.
pub(super) fn filled(
    given: &[ButtonContent],
    columns: &[String],
    fields: &[String],
) -> Result<Vec<String>, ParameterProblem> {
    if given.iter().flat_map(|button| button.flow_data.values()).flat_map(texts).all(placeholders::is_fixed) {
        return Ok(Vec::new());
    }
    given.iter().map(|button| object(&button.flow_data, columns, fields).map(|data| data.to_string())).collect()
}

fn object<'a>(
    members: impl IntoIterator<Item = (&'a String, &'a Value)>,
    columns: &[String],
    fields: &[String],
) -> Result<Value, ParameterProblem> {
    let members = members.into_iter();
    let filled = members.map(|(name, value)| expanded(value, columns, fields).map(|value| (name.clone(), value)));
    Ok(Value::Object(filled.collect::<Result<Map<String, Value>, ParameterProblem>>()?))
}

fn expanded(value: &Value, columns: &[String], fields: &[String]) -> Result<Value, ParameterProblem> {
    match value {
        Value::String(text) => Ok(Value::String(placeholders::expand(text, columns, fields)?)),
        Value::Array(items) => {
            let items = items.iter().map(|item| expanded(item, columns, fields));
            Ok(Value::Array(items.collect::<Result<Vec<Value>, ParameterProblem>>()?))
        }
        Value::Object(members) => object(members, columns, fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

/// All texts in a value, however deep.
fn texts(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(items) => Box::new(items.iter().flat_map(texts)),
        Value::Object(members) => Box::new(members.values().flat_map(texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn button(data: Value) -> ButtonContent {
        serde_json::from_value(json!({ "index": 0, "text": "token", "flowData": data })).unwrap()
    }

    #[test]
    fn texts_take_cells_however_deep_they_stand_and_all_else_stays() {
        let (columns, fields) = (["name".to_owned()], ["Ana".to_owned()]);
        let data = json!({ "who": "{{name}}", "seats": 2, "in": { "list": ["[NAME]", true, null, 1.5] } });
        let filled = filled(&[button(data)], &columns, &fields).unwrap();
        let expected = json!({ "who": "Ana", "seats": 2, "in": { "list": ["Ana", true, null, 1.5] } });
        assert_eq!(filled.len(), 1);
        assert_eq!(serde_json::from_str::<Value>(&filled[0]).unwrap(), expected);
    }

    #[test]
    fn data_without_placeholders_is_not_repeated_for_every_recipient() {
        assert_eq!(filled(&[button(json!({ "city": "Recife", "seats": 2 }))], &[], &[]), Ok(Vec::new()));
    }

    #[test]
    fn a_placeholder_without_a_column_and_an_empty_cell_are_problems() {
        let columns = ["name".to_owned()];
        let data = json!({ "deep": [{ "who": "{{nome}}" }] });
        let expected = "the contacts have no column \"nome\"; they have: name".to_owned();
        assert_eq!(fault(&button(data).flow_data, &columns), Some(expected));
        let problem = ParameterProblem::EmptyValue { column: "name".into() };
        assert_eq!(filled(&[button(json!({ "who": "{{name}}" }))], &columns, &[String::new()]), Err(problem));
    }
}
