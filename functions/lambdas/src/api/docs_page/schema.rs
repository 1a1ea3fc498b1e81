//! Schemas of the document on the page: what a type is called, its fields, and an example of it.

use serde_json::{Map, Value, json};

use super::put;
use super::words::{escaped, inline};

/// How deep an example goes: types hold themselves.
const DEEPEST: u32 = 4;

/// The document's types.
pub struct Schemas<'a> {
    by_name: &'a Map<String, Value>,
}

/// A field of a type.
struct Field<'a> {
    name: &'a str,
    schema: &'a Value,
    is_needed: bool,
}

static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

impl<'a> Schemas<'a> {
    /// The types of this document.
    pub fn of(document: &'a Value) -> Schemas<'a> {
        Schemas { by_name: document["components"]["schemas"].as_object().unwrap_or(&NONE) }
    }

    /// Every type with its fields.
    pub fn all(&self, html: &mut String) {
        let mut names: Vec<&String> = self.by_name.keys().collect();
        names.sort();
        for name in names {
            let schema = &self.by_name[name];
            put(html, format_args!("<details class=\"type\" id=\"schema-{name}\"><summary><code>{name}</code>"));
            let sentence = schema["description"].as_str().unwrap_or_default();
            put(html, format_args!("<span>{}</span></summary>", inline(sentence)));
            html.push_str(&self.fields(schema));
            html.push_str("</details>");
        }
    }

    /// The fields of a type as a table; what has none, in a word.
    pub fn fields(&self, schema: &Value) -> String {
        if let Some(forms) = self.forms(schema) {
            let forms: Vec<String> = forms.iter().map(|form| self.fields(form)).collect();
            return forms.join("<p class=\"or\">or</p>");
        }
        let mut fields = self.fields_of(schema);
        fields.sort_by_key(|field| !field.is_needed);
        if fields.is_empty() {
            return format!("<p>{}</p>", self.kind(self.resolved(schema)));
        }
        let rows: String = fields.iter().map(|field| self.row(field)).collect();
        format!("<table>{rows}</table>")
    }

    fn row(&self, field: &Field<'_>) -> String {
        let needed = if field.is_needed { "<em>needed</em>" } else { "" };
        let sentence = sentence(field.schema);
        let bounds = bounds(field.schema);
        let (name, kind) = (escaped(field.name), self.kind(field.schema));
        format!("<tr><td><code>{name}</code>{needed}<td>{kind}{bounds}<td>{}</tr>", inline(sentence))
    }

    /// Where a type is one of several, all of them but nothing.
    fn forms(&self, schema: &'a Value) -> Option<Vec<&'a Value>> {
        let forms = self.resolved(schema)["oneOf"].as_array()?;
        let forms: Vec<&Value> = forms.iter().filter(|form| form["type"] != "null").collect();
        let are_types = forms.iter().all(|form| form.get("const").is_none() && form["type"] != "string");
        are_types.then_some(forms)
    }

    fn resolved(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => self.by_name.get(name).unwrap_or(&Value::Null),
            None => schema,
        }
    }

    /// The fields of a type and of what it is made of.
    fn fields_of(&self, schema: &'a Value) -> Vec<Field<'a>> {
        let schema = self.resolved(schema);
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let mut fields: Vec<Field<'a>> = parts.flat_map(|part| self.fields_of(part)).collect();
        let needed = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            fields.push(Field { name, schema, is_needed: needed.iter().any(|one| one == name) });
        }
        fields
    }

    /// What a value is, in a word or a link.
    pub fn kind(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            return format!("<a href=\"#schema-{name}\">{name}</a>");
        }
        for several in ["oneOf", "anyOf", "allOf"] {
            if let Some(forms) = schema[several].as_array() {
                let forms: Vec<String> =
                    forms.iter().filter(|form| form["type"] != "null").map(|form| self.kind(form)).collect();
                return forms.join(" or ");
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            let values: Vec<String> = values
                .iter()
                .map(|value| format!("<code>{}</code>", escaped(&value.to_string().replace('"', ""))))
                .collect();
            return values.join(" ");
        }
        match (plain(schema), schema["format"].as_str()) {
            ("string", Some("date-time")) => "time".to_owned(),
            ("string", _) => "text".to_owned(),
            ("integer", _) => "whole number".to_owned(),
            ("boolean", _) => "true or false".to_owned(),
            ("array", _) => format!("list of {}", self.kind(&schema["items"])),
            ("object", _) if schema["additionalProperties"].is_object() => {
                format!("by name: {}", self.kind(&schema["additionalProperties"]))
            }
            (other, _) => other.to_owned(),
        }
    }

    /// A value of this type.
    pub fn example(&self, schema: &Value) -> Value {
        self.example_at(schema, 0)
    }

    fn example_at(&self, schema: &Value, depth: u32) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let schema = match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => self.by_name.get(name).unwrap_or(&Value::Null),
            None => schema,
        };
        if depth > DEEPEST {
            return json!({});
        }
        if let Some(forms) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            let form = forms.iter().find(|form| form["type"] != "null");
            return form.map(|form| self.example_at(form, depth + 1)).unwrap_or_default();
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        match (plain(schema), schema["format"].as_str()) {
            ("string", Some("date-time")) => json!("2026-11-30T12:00:00Z"),
            ("string", _) => json!("text"),
            ("integer" | "number", _) => {
                schema.get("minimum").filter(|least| **least != json!(0)).cloned().unwrap_or(json!(1))
            }
            ("boolean", _) => json!(true),
            ("array", _) => json!([self.example_at(&schema["items"], depth + 1)]),
            _ if schema["additionalProperties"].is_object() => {
                json!({ "name": self.example_at(&schema["additionalProperties"], depth + 1) })
            }
            _ => {
                let fields = self.fields_of(schema);
                let value = |field: Field<'_>| (field.name.to_owned(), self.example_at(field.schema, depth + 1));
                Value::Object(fields.into_iter().map(value).collect())
            }
        }
    }
}

/// The type's name without "or null".
fn plain(schema: &Value) -> &str {
    let several = schema["type"].as_array().and_then(|types| types.iter().find(|one| **one != "null"));
    several.unwrap_or(&schema["type"]).as_str().unwrap_or("anything")
}

/// What is said of a field; where it may be null, it stands beside its other form.
fn sentence(schema: &Value) -> &str {
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    let said = std::iter::once(schema).chain(forms).find_map(|form| form["description"].as_str());
    said.unwrap_or_default()
}

/// What a value may be, in small.
pub fn bounds(schema: &Value) -> String {
    let number = |field: &str| schema.get(field).map(|bound| bound.to_string());
    let unit = if plain(schema) == "string" { " characters" } else { "" };
    let least = number("minimum").or(number("minLength"));
    let most = number("maximum").or(number("maxLength"));
    match (least, most) {
        (Some(least), Some(most)) => format!("<small>{least} to {most}{unit}</small>"),
        (None, Some(most)) => format!("<small>at most {most}{unit}</small>"),
        (Some(least), None) if least != "0" => format!("<small>at least {least}{unit}</small>"),
        (Some(_), None) | (None, None) => String::new(),
    }
}
