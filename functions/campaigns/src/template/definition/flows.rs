//! The buttons of a new template that open a flow: which one, and how it begins (Meta, template components, November
//! 2025).

use serde_json::{Value, json};
use wire::{CreateButton, FlowAction};

use super::Checked;

impl Checked {
    /// Which flow, in one of three ways.
    pub(super) fn flow(&mut self, field: &str, button: &CreateButton) {
        let ways = [("flowId", &button.flow_id), ("flowName", &button.flow_name), ("flowJson", &button.flow_json)];
        let mut given = ways.into_iter().filter(|(_, way)| filled(way).is_some());
        match (given.next(), given.next()) {
            (None, _) => self.add(format!("{field}.flowId"), "say which flow it opens"),
            (Some(_), Some((second, _))) => {
                self.add(format!("{field}.{second}"), "name the flow once: by its id, its name or its JSON");
            }
            (Some(_), None) => {}
        }
        let is_object = |text: &str| serde_json::from_str(text).is_ok_and(|flow: Value| flow.is_object());
        if filled(&button.flow_json).is_some_and(|text| !is_object(text)) {
            self.add(format!("{field}.flowJson"), "must be the JSON of a flow");
        }
    }
}

/// Adds what Meta wants to know of the flow to the button.
pub(super) fn add_flow(object: &mut Value, button: &CreateButton) {
    for (key, text) in [
        ("flow_id", &button.flow_id),
        ("flow_name", &button.flow_name),
        ("flow_json", &button.flow_json),
        ("navigate_screen", &button.navigate_screen),
    ] {
        if let Some(text) = filled(text) {
            object[key] = json!(text);
        }
    }
    if let Some(action) = button.flow_action {
        object["flow_action"] = json!(match action {
            FlowAction::Navigate => "navigate",
            FlowAction::DataExchange => "data_exchange",
        });
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use wire::CreateTemplate;

    use super::super::{check_definition, definition};
    use super::*;

    fn asked(button: &Value) -> CreateTemplate {
        let mut flow = json!({ "type": "FLOW", "text": "Book" });
        for (key, value) in button.as_object().unwrap() {
            flow[key] = value.clone();
        }
        let template = json!({
            "channelId": "c", "name": "booking", "language": "pt_BR", "category": "UTILITY",
            "body": "Marque seu horário.", "allowCategoryChange": false, "buttons": [flow],
        });
        serde_json::from_value(template).unwrap()
    }

    #[test]
    fn a_flow_is_named_once_and_told_to_meta_with_how_it_begins() {
        for (button, of_meta) in [
            (json!({ "flowId": "7" }), json!({ "flow_id": "7" })),
            (
                json!({ "flowName": "booking", "flowAction": "NAVIGATE", "navigateScreen": "START" }),
                json!({ "flow_name": "booking", "flow_action": "navigate", "navigate_screen": "START" }),
            ),
            (
                json!({ "flowJson": "{\"version\":\"7.1\"}", "flowAction": "DATA_EXCHANGE" }),
                json!({ "flow_json": "{\"version\":\"7.1\"}", "flow_action": "data_exchange" }),
            ),
        ] {
            let asked = asked(&button);
            assert_eq!(check_definition(&asked), [], "{button}");
            let mut expected = of_meta;
            expected["type"] = json!("FLOW");
            expected["text"] = json!("Book");
            let told = definition(&asked, &|id| id.to_owned());
            assert_eq!(told["components"][1]["buttons"], json!([expected]));
            assert_eq!(told["allow_category_change"], false);
        }
    }

    #[test]
    fn a_flow_that_is_not_named_named_twice_or_no_json_is_told_at_its_field() {
        for (button, field) in [
            (json!({}), "buttons.0.flowId"),
            (json!({ "flowName": " " }), "buttons.0.flowId"),
            (json!({ "flowId": "7", "flowName": "booking" }), "buttons.0.flowName"),
            (json!({ "flowJson": "{" }), "buttons.0.flowJson"),
        ] {
            let fields: Vec<String> = check_definition(&asked(&button)).into_iter().map(|fault| fault.field).collect();
            assert_eq!(fields, [field], "{button}");
        }
    }
}
