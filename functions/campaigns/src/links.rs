//! Tracked links: addresses that a campaign's texts and buttons name, and that each recipient gets under an address of
//! ours, so that taps are seen. For what fills texts they are columns called `link:name`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use wire::{ButtonContent, FieldError, ParameterSource, Template, TemplateContent, TrackedLink};

/// Links of one campaign.
pub const MOST_LINKS: usize = 20;

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 40;

/// Longest address, in bytes: browsers and servers take about so much.
pub const LONGEST_URL: usize = 2_000;

/// The path under which recipients find them; a token follows.
pub const PATH: &str = "/r/";

/// Reads what was asked for, other alphabets as headers carry them; on failure every field that is wrong.
pub fn parse(asked: &[TrackedLink]) -> Result<Vec<TrackedLink>, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut fault = |field: String, message: &str| faults.push(FieldError { field, message: message.to_owned() });
    if asked.len() > MOST_LINKS {
        fault("links".to_owned(), "a campaign has at most 20 tracked links");
    }
    let mut names = BTreeSet::new();
    let links: Vec<TrackedLink> =
        asked.iter().map(|link| TrackedLink { url: in_ascii(&link.url), ..link.clone() }).collect();
    for (place, link) in links.iter().enumerate() {
        if !is_name(&link.name) {
            fault(format!("links.{place}.name"), "must be 1 to 40 small letters, digits, - and _");
        } else if !names.insert(&link.name) {
            fault(format!("links.{place}.name"), "another link has this name");
        }
        if !is_address(&link.url) {
            fault(format!("links.{place}.url"), "not an address: write it like https://shop.example/offer");
        }
    }
    if faults.is_empty() { Ok(links) } else { Err(faults) }
}

/// The address as browsers send it: letters of other alphabets are written as bytes. A host with such stays wrong.
fn in_ascii(url: &str) -> String {
    let mut written = String::with_capacity(url.len());
    for letter in url.chars() {
        if letter.is_ascii() {
            written.push(letter);
        } else {
            let mut bytes = [0; 4];
            written.extend(letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    written
}

/// Whether a link can be called so: 1 to 40 small letters, digits, `-` and `_`.
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether it is an `https` address of a host with a dot, in signs that a header can carry.
fn is_address(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let is_host = host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let is_port = authority.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok());
    let is_sign =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}');
    url.len() <= LONGEST_URL && is_host && is_port && url.bytes().all(is_sign)
}

/// Whether it is the beginning of addresses that lead to us: `https://`, a host, and nothing after it.
pub fn is_origin(text: &str) -> bool {
    is_address(text) && !text["https://".len()..].contains(['/', '?', '#'])
}

/// The column by which texts and buttons name a link.
pub fn column(name: &str) -> String {
    format!("link:{name}")
}

/// The columns of the contacts, and the links behind them.
pub fn with_columns<'a>(columns: &'a [String], links: &[TrackedLink]) -> Cow<'a, [String]> {
    if links.is_empty() {
        return Cow::Borrowed(columns);
    }
    columns.iter().cloned().chain(links.iter().map(|link| column(&link.name))).collect::<Vec<_>>().into()
}

/// What is wrong with a template's buttons that lead to tracked links: WhatsApp has the beginning of their address, and
/// it must be ours.
pub fn button_faults(
    template: &Template,
    content: &TemplateContent,
    links: &[TrackedLink],
    origin: &str,
) -> Vec<FieldError> {
    let ours = format!("{origin}{PATH}");
    let fault = |(place, button): (usize, &ButtonContent)| {
        let url = template.buttons.get(usize::try_from(button.index).ok()?)?.url.as_deref()?;
        let leads_to_ours = fixed_part(url) == ours;
        (names_a_link(&button.value, links) && !leads_to_ours).then(|| FieldError {
            field: format!("template.buttons.{place}.value"),
            message: format!(
                "this button leads to {url}: a tracked link needs a template whose button is {ours}{{{{1}}}}"
            ),
        })
    };
    content.buttons.iter().enumerate().filter_map(fault).collect()
}

fn names_a_link(source: &ParameterSource, links: &[TrackedLink]) -> bool {
    match source {
        ParameterSource::Column { column: named, .. } => links.iter().any(|link| column(&link.name) == *named),
        ParameterSource::Text { text } => links.iter().any(|link| text.contains(&column(&link.name))),
        ParameterSource::DateTime { .. } | ParameterSource::Currency { .. } => false,
    }
}

/// What stands before a button's variable.
fn fixed_part(url: &str) -> &str {
    url.split("{{").next().unwrap_or_default()
}

/// The value of a button whose template holds the beginning of the address already.
pub(crate) fn without_fixed_part<'a>(url: Option<&str>, value: &'a str) -> &'a str {
    let fixed = url.map(fixed_part).filter(|fixed| !fixed.is_empty());
    fixed.and_then(|fixed| value.strip_prefix(fixed)).filter(|rest| !rest.is_empty()).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn link(name: &str, url: &str) -> TrackedLink {
        TrackedLink { name: name.into(), url: url.into() }
    }

    fn fields(asked: &[TrackedLink]) -> Vec<String> {
        parse(asked).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn addresses_and_names_are_checked() {
        let good = [
            "https://shop.example",
            "https://a-b.example:8443/x?y=1&z=%20#top",
            "https://xn--bcher-kva.example/é".trim_end_matches('é'),
        ];
        for url in good {
            assert_eq!(parse(&[link("shop", url)]), Ok(vec![link("shop", url)]), "{url}");
        }
        for url in [
            "http://shop.example",
            "shop.example",
            "https://",
            "https://localhost/x",
            "https://.example",
            "https://a.b/\n",
            "https://a.b/ c",
            "https://user@shop.example/",
            "javascript:alert(1)",
            "https://a.b/\"><script>",
            "https://a.b:x/",
        ] {
            assert_eq!(fields(&[link("shop", url)]), ["links.0.url"], "{url}");
        }
        assert_eq!(fields(&[link("shop", &format!("https://a.b/{}", "x".repeat(LONGEST_URL)))]), ["links.0.url"]);
        let ok = "https://shop.example/";
        assert_eq!(fields(&[link("Shop", ok), link("", ok), link("a b", ok)]).len(), 3);
        assert_eq!(fields(&[link("a", ok), link("a", ok)]), ["links.1.name"]);
        assert_eq!(fields(&(0..21).map(|n| link(&format!("n{n}"), ok)).collect::<Vec<_>>()), ["links"]);
    }

    #[test]
    fn other_alphabets_are_written_as_browsers_send_them_but_not_in_a_host() {
        let parsed = parse(&[link("shop", "https://loja.example/promoção?q=maçã&x=%20#ça")]);
        let sent = "https://loja.example/promo%C3%A7%C3%A3o?q=ma%C3%A7%C3%A3&x=%20#%C3%A7a";
        assert_eq!(parsed, Ok(vec![link("shop", sent)]));
        assert_eq!(parse(&[link("shop", sent)]), Ok(vec![link("shop", sent)]), "as it is kept it stays");
        assert_eq!(fields(&[link("shop", "https://lojaçã.example/")]), ["links.0.url"]);
        let long = format!("https://a.example/{}", "ç".repeat(400));
        assert_eq!(fields(&[link("shop", &long)]), ["links.0.url"], "counted as it is sent");
    }

    #[test]
    fn links_stand_behind_the_columns() {
        let columns = ["phone".to_owned(), "name".to_owned()];
        assert!(matches!(with_columns(&columns, &[]), Cow::Borrowed(_)));
        let links = [link("shop", "https://shop.example/")];
        assert_eq!(*with_columns(&columns, &links), ["phone", "name", "link:shop"]);
    }

    #[test]
    fn a_button_that_leads_elsewhere_cannot_carry_a_tracked_link() {
        let button = |url: &str| wire::TemplateButton {
            kind: wire::ButtonKind::Url,
            text: "Open".into(),
            url: Some(url.into()),
        };
        let template = Template {
            buttons: vec![button("https://go.example/r/{{1}}"), button("https://shop.example/{{1}}")],
            ..Template::default()
        };
        let carries = |index: u32, name: &str| ButtonContent {
            index,
            value: ParameterSource::Column { column: name.into(), fallback: None },
            flow_data: BTreeMap::new(),
        };
        let content = TemplateContent {
            buttons: vec![carries(0, "link:shop"), carries(1, "link:shop"), carries(1, "code")],
            ..TemplateContent::default()
        };
        let links = [link("shop", "https://shop.example/")];
        let faults = button_faults(&template, &content, &links, "https://go.example");
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["template.buttons.1.value"]);
        assert!(faults[0].message.ends_with("https://go.example/r/{{1}}"), "{}", faults[0].message);
    }

    #[test]
    fn a_button_gets_what_its_template_does_not_have_yet() {
        let url = Some("https://go.example/r/{{1}}");
        assert_eq!(without_fixed_part(url, "https://go.example/r/abc"), "abc");
        assert_eq!(without_fixed_part(url, "abc"), "abc");
        assert_eq!(without_fixed_part(url, "https://go.example/r/"), "https://go.example/r/");
        assert_eq!(without_fixed_part(Some("{{1}}"), "x"), "x");
        assert_eq!(without_fixed_part(None, "x"), "x");
    }
}
