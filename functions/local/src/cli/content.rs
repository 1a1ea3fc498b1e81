//! What a campaign says, from its flags: a template, what fills it, and the file of its header.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use campaigns::template::variables;
use wire::{
    AssetUpload, ButtonContent, ChannelId, CreateAsset, MediaSource, ParameterSource, Template, TemplateContent,
    TemplateList,
};

use super::send::file_name;
use super::{Client, SendArgs};

/// The template and what fills it, without the file of its header. The number's templates are asked for where values are
/// given by name.
pub(super) async fn content(client: &Client, args: &SendArgs, channel: &ChannelId) -> anyhow::Result<TemplateContent> {
    let mut content = by_place(args);
    if !args.variables.is_empty() {
        let templates: TemplateList = client.get(&format!("/v3/channels/{channel}/templates")).await?;
        let is_meant = |one: &&Template| one.name == content.name && one.language == content.language;
        let (name, language) = (&content.name, &content.language);
        let template = templates.items.iter().find(is_meant);
        let template = template.with_context(|| format!("the number has no template {name} in {language}"))?;
        content = by_name(content, template, &args.variables)?;
    }
    Ok(content)
}

fn by_place(args: &SendArgs) -> TemplateContent {
    let (name, language) = args.template.split_once('/').unwrap_or((&args.template, "en"));
    let sources = |given: &[String]| -> Vec<ParameterSource> { given.iter().map(|text| source(text)).collect() };
    let button = |(index, text): &(u32, String)| ButtonContent {
        index: *index,
        value: source(text),
        flow_data: BTreeMap::new(),
    };
    TemplateContent {
        name: name.to_owned(),
        language: language.to_owned(),
        header: sources(&args.header),
        body: sources(&args.body),
        buttons: args.buttons.iter().map(button).collect(),
        ..TemplateContent::default()
    }
}

/// The body, and the header unless it is filled already, by the names of the template's variables.
fn by_name(
    mut content: TemplateContent,
    template: &Template,
    given: &[(String, String)],
) -> anyhow::Result<TemplateContent> {
    let of_header = variables(template.header.as_deref().unwrap_or_default());
    let of_body = variables(&template.body);
    if let Some(name) = repeated(given) {
        bail!("the variable {name} is given twice: give each --variable once");
    }
    let is_of_both = |name: &&String| of_header.contains(name) && of_body.contains(name);
    if let Some(name) = given.iter().map(|(name, _)| name).find(is_of_both).filter(|_| content.header.is_empty()) {
        bail!("header and body both have a variable {name}: give the header's with --header");
    }
    let unknown = given.iter().find(|(name, _)| !of_header.contains(name) && !of_body.contains(name));
    if let Some((unknown, _)) = unknown {
        let known: Vec<&str> = of_header.iter().chain(&of_body).map(String::as_str).collect();
        bail!("the template {} has no variable {unknown}; it has {}", template.name, known.join(", "));
    }
    let values = |names: &[String]| -> anyhow::Result<Vec<ParameterSource>> {
        let value = |name: &String| {
            let value = given.iter().find(|(known, _)| known == name).map(|(_, text)| source(text));
            value.with_context(|| format!("the variable {name} has no value: give --variable {name}=COLUMN"))
        };
        names.iter().map(value).collect()
    };
    content.body = values(&of_body)?;
    if content.header.is_empty() {
        content.header = values(&of_header)?;
    }
    Ok(content)
}

/// A name that is given more than once.
fn repeated(given: &[(String, String)]) -> Option<&String> {
    let mut names: Vec<&String> = given.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// `=text`, `column`, or `column|what stands in for an empty cell`, where `||` is a bar in the column's name.
fn source(given: &str) -> ParameterSource {
    if let Some(text) = given.strip_prefix('=') {
        return ParameterSource::Text { text: text.to_owned() };
    }
    let (mut column, mut rest) = (String::new(), given);
    while let Some((before, after)) = rest.split_once('|') {
        column.push_str(before);
        let Some(after_both) = after.strip_prefix('|') else {
            return ParameterSource::Column { column, fallback: Some(after.to_owned()) };
        };
        column.push('|');
        rest = after_both;
    }
    column.push_str(rest);
    ParameterSource::Column { column, fallback: None }
}

/// The file of a header: an https address as it is, a file of this machine once it is uploaded.
pub(super) async fn media(client: &Client, given: &str) -> anyhow::Result<MediaSource> {
    if given.starts_with("https://") {
        return Ok(MediaSource { link: Some(given.to_owned()), ..MediaSource::default() });
    }
    let bytes = std::fs::read(given).with_context(|| format!("reading {given}"))?;
    let announced = CreateAsset { file_name: file_name(Path::new(given))?, size_bytes: bytes.len() as u64 };
    let upload: AssetUpload = client.post("/v3/assets", &announced).await?;
    client.put(&upload.upload_url, bytes).await?;
    Ok(MediaSource { asset_id: Some(upload.asset_id), ..MediaSource::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cli::tests::sent_with;

    fn asked(flags: &[&str]) -> Value {
        serde_json::to_value(by_place(&sent_with(flags))).unwrap()
    }

    #[test]
    fn values_come_from_columns_from_words_and_from_words_where_a_cell_is_empty() {
        let flags = ["--header", "=Monday", "--body", "name|friend", "--body", "city", "--button", "1=code"];
        let expected = json!({
            "name": "offer", "language": "en", "header": [{ "text": "Monday" }],
            "body": [{ "column": "name", "fallback": "friend" }, { "column": "city" }],
            "buttons": [{ "index": 1, "column": "code" }],
        });
        assert_eq!(asked(&flags), expected);
    }

    #[test]
    fn two_bars_are_one_in_a_columns_name() {
        let read = |given: &str| match source(given) {
            ParameterSource::Column { column, fallback } => (column, fallback.unwrap_or_default()),
            other => panic!("{other:?} is no column"),
        };
        for (given, column, fallback) in [
            ("first||last", "first|last", ""),
            ("first||last|friend", "first|last", "friend"),
            ("name|a|b", "name", "a|b"),
            ("name|||friend", "name|", "friend"),
            ("name|", "name", ""),
        ] {
            assert_eq!(read(given), (column.to_owned(), fallback.to_owned()), "{given}");
        }
    }

    #[test]
    fn a_name_that_header_and_body_share_is_the_bodys_once_the_header_has_its_own() {
        let template = Template {
            name: "sale".into(),
            header: Some("Until {{1}}".into()),
            body: "Hi {{1}}, all is cheaper.".into(),
            ..Template::default()
        };
        let filled = |flags: &[&str]| {
            let args = sent_with(flags);
            by_name(by_place(&args), &template, &args.variables).map_err(|error| error.to_string())
        };
        let told = filled(&["--variable", "1=name"]).unwrap_err();
        assert_eq!(told, "header and body both have a variable 1: give the header's with --header");
        let content = filled(&["--variable", "1=name", "--header", "=Sunday"]).unwrap();
        assert_eq!((content.header, content.body), (vec![source("=Sunday")], vec![source("name")]));
        let told = filled(&["--variable", "1=name", "--variable", "1=city"]).unwrap_err();
        assert_eq!(told, "the variable 1 is given twice: give each --variable once");
    }

    #[test]
    fn values_by_name_stand_in_the_templates_order_and_none_is_unknown_or_left_out() {
        let template = Template {
            name: "sale".into(),
            header: Some("Until {{day}}".into()),
            body: "Hi {{who}}, all of {{shop}} is cheaper.".into(),
            ..Template::default()
        };
        let filled = |flags: &[&str]| {
            let args = sent_with(flags);
            by_name(by_place(&args), &template, &args.variables).map_err(|error| error.to_string())
        };
        let all = ["--variable", "shop==Recife", "--variable", "day==Sunday", "--variable", "who=name"];
        let content = filled(&all).unwrap();
        assert_eq!(content.header, [source("=Sunday")]);
        assert_eq!(content.body, [source("name"), source("=Recife")]);
        let told = filled(&["--variable", "shop=x", "--variable", "colour=x"]).unwrap_err();
        assert_eq!(told, "the template sale has no variable colour; it has day, who, shop");
        let told = filled(&["--variable", "shop=x"]).unwrap_err();
        assert_eq!(told, "the variable who has no value: give --variable who=COLUMN");
    }
}
