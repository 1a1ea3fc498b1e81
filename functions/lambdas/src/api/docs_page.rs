//! The API's description as a page to read: made of the document, without script, and with a style that its own policy
//! names by its hash.

use std::fmt::Write;

use aws_smithy_types::base64;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use self::schema::{Schemas, bounds};
use self::words::{escaped, inline, markdown};

mod schema;
mod words;

const STYLE: &str = include_str!("docs_page/style.css");

/// Methods in the order in which a path's operations are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page and what it may load.
pub struct Page {
    /// HTML.
    pub html: String,
    /// For the header of that name: nothing but the page's own style.
    pub content_security_policy: String,
}

/// One operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Map<String, Value>,
}

impl Operation<'_> {
    fn text(&self, field: &str) -> &str {
        self.said.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_public(&self) -> bool {
        self.said
            .get("security")
            .and_then(Value::as_array)
            .is_some_and(|ways| ways.iter().all(|way| way.as_object().is_none_or(Map::is_empty)))
    }
}

/// The page of this document.
pub fn page(document: &Value) -> Page {
    let schemas = Schemas::of(document);
    let operations = operations(document);
    let mut html = String::with_capacity(400_000);
    put(&mut html, format_args!("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"));
    html.push_str("<meta name=\"viewport\" content=\"width=device-width\"><title>Campanile API</title><style>");
    html.push_str(STYLE);
    html.push_str("</style></head><body>");
    let tags: Vec<(&str, &str)> = tags(document);
    navigation(&mut html, &tags, &operations);
    html.push_str("<main>");
    introduction(&mut html, document);
    for (tag, sentence) in &tags {
        put(
            &mut html,
            format_args!("<h2 id=\"{}\">{}</h2><p class=\"lead\">{}</p>", anchor(tag), escaped(tag), inline(sentence)),
        );
        for operation in operations.iter().filter(|operation| is_of(operation, tag)) {
            one(&mut html, operation, document, &schemas);
        }
    }
    refusals(&mut html, document);
    html.push_str("<h2 id=\"types\">Types</h2><p class=\"lead\">What bodies are made of.</p>");
    schemas.all(&mut html);
    html.push_str("</main></body></html>");
    let hash = base64::encode(Sha256::digest(STYLE));
    let content_security_policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Page { html, content_security_policy }
}

/// Writing into a text cannot fail.
fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    if html.write_fmt(text).is_err() {
        html.push('…');
    }
}

fn tags(document: &Value) -> Vec<(&str, &str)> {
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter()
        .filter_map(|tag| Some((tag["name"].as_str()?, tag["description"].as_str().unwrap_or_default())))
        .collect()
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let of_path = |(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let item: &Value = item;
            let path: &String = path;
            Some(Operation { method, path, said: item.get(*method)?.as_object()? })
        })
    };
    paths.flat_map(of_path).collect()
}

fn is_of(operation: &Operation<'_>, tag: &str) -> bool {
    operation.said.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(|one| one == tag))
}

fn anchor(text: &str) -> String {
    text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn navigation(html: &mut String, tags: &[(&str, &str)], operations: &[Operation<'_>]) {
    html.push_str("<nav><a class=\"home\" href=\"#top\">Campanile API</a>");
    for (tag, _) in tags {
        put(html, format_args!("<a class=\"tag\" href=\"#{}\">{}</a>", anchor(tag), escaped(tag)));
        for operation in operations.iter().filter(|operation| is_of(operation, tag)) {
            let (id, method, path) = (operation.text("operationId"), operation.method, escaped(short(operation.path)));
            put(html, format_args!("<a href=\"#{id}\"><b class=\"{method}\">{method}</b>{path}</a>"));
        }
    }
    html.push_str("<a class=\"tag\" href=\"#refusals\">Refusals</a><a class=\"tag\" href=\"#types\">Types</a></nav>");
}

/// Without the beginning that all paths share.
fn short(path: &str) -> &str {
    path.strip_prefix("/v3").unwrap_or(path)
}

fn introduction(html: &mut String, document: &Value) {
    let info = &document["info"];
    let text = |field: &str| info[field].as_str().unwrap_or_default();
    put(
        html,
        format_args!("<h1 id=\"top\">{} <small>{}</small></h1>", escaped(text("title")), escaped(text("version"))),
    );
    html.push_str(&markdown(text("description")));
    html.push_str(
        "<p>The same for programs: <a href=\"/v3/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\
         <pre class=\"try\">curl -s $API/v3/campaigns -H \"Authorization: Bearer $TOKEN\"</pre>",
    );
}

fn one(html: &mut String, operation: &Operation<'_>, document: &Value, schemas: &Schemas<'_>) {
    let (method, path) = (operation.method, path_of(operation.path));
    let open = if operation.text("operationId") == "createCampaign" { " open" } else { "" };
    put(
        html,
        format_args!(
            "<details id=\"{}\"{open}><summary><b class=\"{method}\">{method}</b><code>{path}</code><span>{}</span></summary>",
            operation.text("operationId"),
            inline(operation.text("summary")),
        ),
    );
    if operation.is_public() {
        html.push_str("<p class=\"public\">Needs no token.</p>");
    }
    html.push_str(&markdown(operation.text("description")));
    parameters(html, operation, schemas);
    if let Some(body) = operation.said.get("requestBody") {
        let content = &body["content"]["application/json"];
        let optional = if body["required"] == true { "" } else { " <small>may be left out</small>" };
        put(html, format_args!("<h3>Body{optional}</h3>"));
        html.push_str(&schemas.fields(&content["schema"]));
        let example = content.get("example").cloned().unwrap_or_else(|| schemas.example(&content["schema"]));
        sample(html, "Example", &example);
    }
    responses(html, operation, document, schemas);
    html.push_str("</details>");
}

/// The path with its parameters marked.
fn path_of(path: &str) -> String {
    escaped(path).replace('{', "<i>{").replace('}', "}</i>")
}

fn parameters(html: &mut String, operation: &Operation<'_>, schemas: &Schemas<'_>) {
    let Some(parameters) = operation.said.get("parameters").and_then(Value::as_array) else { return };
    html.push_str("<h3>Parameters</h3><table>");
    for parameter in parameters {
        let text = |field: &str| parameter[field].as_str().unwrap_or_default();
        let needed = if parameter["required"] == true { "<em>needed</em>" } else { "" };
        let kind = schemas.kind(&parameter["schema"]);
        put(
            html,
            format_args!(
                "<tr><td><code>{}</code>{needed}<td>{kind}{}<small>in the {}</small><td>{}</tr>",
                escaped(text("name")),
                bounds(&parameter["schema"]),
                escaped(text("in")),
                inline(text("description")),
            ),
        );
    }
    html.push_str("</table>");
}

fn responses(html: &mut String, operation: &Operation<'_>, document: &Value, schemas: &Schemas<'_>) {
    let Some(responses) = operation.said.get("responses").and_then(Value::as_object) else { return };
    html.push_str("<h3>Answers</h3><table>");
    let mut answered = None;
    let mut refused = Vec::new();
    for (status, response) in responses {
        if let Some(name) = response["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            let when = document["components"]["responses"][name]["description"].as_str().unwrap_or_default();
            refused.push(format!("<a href=\"#refusal-{name}\" title=\"{}\">{status}</a>", escaped(when)));
            continue;
        }
        let content = response["content"].as_object().and_then(|content| content.values().next());
        let kind = content.map(|content| schemas.kind(&content["schema"])).unwrap_or_else(|| "no body".to_owned());
        let sentence = inline(response["description"].as_str().unwrap_or_default());
        put(html, format_args!("<tr><td><b class=\"good\">{status}</b><td>{kind}<td>{sentence}</tr>"));
        answered = answered.or(content);
    }
    put(html, format_args!("<tr><td>refusals<td colspan=\"2\">{}</tr></table>", refused.join(" ")));
    if let Some(content) = answered.filter(|content| content["schema"]["$ref"].is_string()) {
        html.push_str("<details class=\"answer\"><summary>An answer</summary>");
        sample(html, "", &schemas.example(&content["schema"]));
        html.push_str("</details>");
    }
}

fn sample(html: &mut String, title: &str, example: &Value) {
    let text = serde_json::to_string_pretty(example).unwrap_or_default();
    if !title.is_empty() {
        put(html, format_args!("<h3>{title}</h3>"));
    }
    put(html, format_args!("<pre>{}</pre>", escaped(&text)));
}

fn refusals(html: &mut String, document: &Value) {
    html.push_str(
        "<h2 id=\"refusals\">Refusals</h2><p class=\"lead\">All are a <a href=\"#schema-Problem\">Problem</a> as \
         <code>application/problem+json</code>.</p><table>",
    );
    for (name, response) in document["components"]["responses"].as_object().into_iter().flatten() {
        let when = inline(response["description"].as_str().unwrap_or_default());
        put(html, format_args!("<tr id=\"refusal-{name}\"><td><b class=\"bad\">{name}</b><td>{when}</tr>"));
    }
    html.push_str("</table>");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_document_says_stands_on_the_page_and_cannot_break_it() {
        let document = json!({
            "info": { "title": "A <b>", "version": "1", "description": "One\n\n| a | b |\n|---|---|\n| `x` | y |" },
            "tags": [{ "name": "People & more", "description": "Who." }],
            "paths": { "/v3/people/{id}": { "get": {
                "tags": ["People & more"], "operationId": "show", "summary": "Shows <one>.",
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "It.", "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Person" } } } } },
            } } },
            "components": { "schemas": { "Person": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "description": "For `people`." },
                "friend": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Person" }] },
            } } } },
        });
        let page = page(&document);
        for part in [
            "A &lt;b&gt;",
            "<td><code>x</code></td>",
            "id=\"people---more\"",
            "Shows &lt;one&gt;.",
            "<i>{id}</i>",
            "href=\"#schema-Person\"",
            "For <code>people</code>.",
            "&quot;name&quot;",
        ] {
            assert!(page.html.contains(part), "{part} in {}", page.html);
        }
        assert!(page.content_security_policy.contains("style-src 'sha256-"));
        assert!(!page.html.contains("<script") && !page.html.contains(" style=") && !page.html.contains("https://"));
    }
}
