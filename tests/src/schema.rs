//! JSON against the schemas of the API's description: as much of JSON Schema as that is written in.

use std::collections::BTreeSet;

use serde_json::Value;

/// The schemas of a document, by which others of it are named.
pub struct Schemas<'a> {
    document: &'a Value,
}

/// The fields of an object that a schema has words for.
#[derive(Default)]
struct Named {
    all: bool,
    fields: BTreeSet<String>,
}

impl Named {
    fn also(&mut self, other: Named) {
        self.all |= other.all;
        self.fields.extend(other.fields);
    }
}

impl<'a> Schemas<'a> {
    /// Those of this document.
    pub fn of(document: &'a Value) -> Schemas<'a> {
        Schemas { document }
    }

    /// What of a value does not fit a schema, with its place. An object may hold nothing that its schema does not name;
    /// formats and bounds are not looked at.
    pub fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        self.whole(schema, value, "")
    }

    fn whole(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let named = self.fits(schema, value, at)?;
        let mut fields = value.as_object().into_iter().flatten().map(|(field, _)| field);
        match fields.find(|field| !named.all && !named.fields.contains(*field)) {
            Some(field) => Err(format!("{at}/{field} is not described")),
            None => Ok(()),
        }
    }

    fn fits(&self, schema: &Value, value: &Value, at: &str) -> Result<Named, String> {
        let mut named = Named { all: is_free(schema), ..Named::default() };
        if let Some(reference) = schema["$ref"].as_str() {
            named.also(self.fits(self.referred(reference)?, value, at)?);
        }
        of_its_type(schema, value, at)?;
        of_its_values(schema, value, at)?;
        for part in parts(schema, "allOf") {
            named.also(self.fits(part, value, at)?);
        }
        for several in ["oneOf", "anyOf"] {
            if schema.get(several).is_some() {
                named.also(self.form(schema, several, value, at)?);
            }
        }
        named.also(self.fields(schema, value, at)?);
        if let Some(items) = schema.get("items") {
            for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                self.whole(items, item, &format!("{at}/{place}"))?;
            }
        }
        Ok(named)
    }

    fn referred(&self, reference: &str) -> Result<&'a Value, String> {
        let found = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
        found.ok_or_else(|| format!("{reference} leads nowhere"))
    }

    /// The form of several that it has; of `oneOf` exactly one.
    fn form(&self, schema: &Value, several: &str, value: &Value, at: &str) -> Result<Named, String> {
        let (mut fitting, mut reasons) = (Vec::new(), Vec::new());
        for form in parts(schema, several) {
            match self.fits(form, value, at) {
                Ok(named) => fitting.push(named),
                Err(why) => reasons.push(why),
            }
        }
        let count = fitting.len();
        if count == 0 {
            return Err(format!("{at} fits none of {several}: {}", reasons.join("; ")));
        }
        if several == "oneOf" && count > 1 {
            return Err(format!("{at} fits {count} of {several}"));
        }
        let mut named = Named::default();
        fitting.into_iter().for_each(|one| named.also(one));
        Ok(named)
    }

    fn fields(&self, schema: &Value, value: &Value, at: &str) -> Result<Named, String> {
        let mut named = Named::default();
        let Some(object) = value.as_object() else { return Ok(named) };
        let mut needed = parts(schema, "required").iter().filter_map(Value::as_str);
        if let Some(missing) = needed.find(|needed| !object.contains_key(*needed)) {
            return Err(format!("{at}/{missing} is missing"));
        }
        for (field, value) in object {
            let at = format!("{at}/{field}");
            match (schema["properties"].get(field), &schema["additionalProperties"]) {
                (Some(own), _) => self.whole(own, value, &at)?,
                (None, Value::Null) => continue,
                (None, Value::Bool(false)) => return Err(format!("{at} is not allowed")),
                (None, any) => self.whole(any, value, &at)?,
            }
            named.fields.insert(field.clone());
        }
        Ok(named)
    }
}

/// Whether the schema says nothing of an object's fields.
fn is_free(schema: &Value) -> bool {
    let says = ["$ref", "allOf", "oneOf", "anyOf", "properties", "additionalProperties"];
    says.iter().all(|keyword| schema.get(*keyword).is_none())
}

fn parts<'s>(schema: &'s Value, keyword: &str) -> &'s [Value] {
    schema[keyword].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn of_its_type(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is_of_one = types.iter().any(|name| match *name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    });
    if is_of_one { Ok(()) } else { Err(format!("{at} is {value} and no {}", types.join(" or "))) }
}

fn of_its_values(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let is_listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let is_the_one = schema.get("const").is_none_or(|only| only == value);
    if is_listed && is_the_one { Ok(()) } else { Err(format!("{at} is {value}, which is not among its values")) }
}
