//! Filling templates: values, problems, and the promises of rendering on any text.

use proptest::prelude::*;
use wire::ParameterFormat;

use super::*;

fn template() -> Template {
    Template {
        id: "1".into(),
        name: "promo".into(),
        language: "pt_BR".into(),
        category: "MARKETING".into(),
        status: "APPROVED".into(),
        parameter_format: ParameterFormat::Positional,
        header: Some("Oi {{1}}".into()),
        body: "Olá {{1}}, use {{2}} em {{1}}.".into(),
        ..Template::default()
    }
}

fn column(column: &str, fallback: Option<&str>) -> ParameterSource {
    ParameterSource::Column { column: column.into(), fallback: fallback.map(str::to_owned) }
}

fn text(text: &str) -> ParameterSource {
    ParameterSource::Text { text: text.into() }
}

fn content(header: Vec<ParameterSource>, body: Vec<ParameterSource>) -> TemplateContent {
    TemplateContent { name: "promo".into(), language: "pt_BR".into(), header, body, ..TemplateContent::default() }
}

#[test]
fn a_code_that_is_longer_than_whatsapp_takes_goes_to_nobody() {
    let of_codes = Template { category: "AUTHENTICATION".into(), header: None, body: "{{1}}".into(), ..template() };
    let filled = |code: &str| parameters(&of_codes, &content(vec![], vec![text(code)]), &[], &[]);
    assert!(filled("123456789012345").is_ok());
    assert_eq!(filled("1234567890123456"), Err(ParameterProblem::LongCode { chars: 16 }));
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn good() -> TemplateContent {
    content(vec![column("name", Some("cliente"))], vec![column("name", None), text("DEZ")])
}

fn fields_of(problems: &[ContentProblem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.field.as_str()).collect()
}

#[test]
fn variables_are_listed_once_in_the_order_of_first_appearance() {
    assert_eq!(variables("{{2}} and {{1}}, {{ first_name }} {{2}}"), ["2", "1", "first_name"]);
    assert!(variables("{{}} {{a b}} {{{ }} {{").is_empty());
    assert_eq!(variables("{{{1}}}"), ["1"]);
}

#[test]
fn rendering_leaves_the_unknown_and_never_reads_values_as_templates() {
    let rendered = render("{{1}} {{2}} {{3}}", &[("1", "{{2}}"), ("2", "b")]);
    assert_eq!(rendered, "{{2}} b {{3}}");
    assert_eq!(render("á{{ 1 }}é {{x", &[("1", "çãõ")]), "áçãõé {{x");
}

#[test]
fn numbered_variables_are_sent_by_number_and_named_ones_as_they_come() {
    let (names, values) = (strings(&["2", "10", "1"]), strings(&["b", "j", "a"]));
    assert_eq!(sending_order(ParameterFormat::Positional, &names, &values), [("1", "a"), ("2", "b"), ("10", "j")]);
    assert_eq!(sending_order(ParameterFormat::Named, &names, &values), [("2", "b"), ("10", "j"), ("1", "a")]);
}

#[test]
fn a_content_that_fits_has_no_problems() {
    assert_eq!(check_content(&template(), &good(), &strings(&["name", "phone"])), []);
}

#[test]
fn a_template_that_was_changed_is_not_alike() {
    let word = Template { body: "Olá {{1}}, leve {{2}} por {{1}}.".into(), ..template() };
    assert!(is_alike(&template(), &word), "other words ask for the same values");
    for changed in [
        Template { body: "Olá {{2}}, use {{1}} em {{2}}.".into(), ..template() },
        Template { body: "Olá {{1}}.".into(), ..template() },
        Template { header: None, ..template() },
        Template { header: None, header_format: Some(wire::HeaderFormat::Image), ..template() },
        Template { parameter_format: ParameterFormat::Named, ..template() },
    ] {
        assert!(!is_alike(&template(), &changed), "{changed:?}");
    }
}

#[test]
fn every_problem_names_its_field() {
    let columns = strings(&["name"]);
    let body = vec![column("nome", None), text("a\nb"), text("x")];
    let problems = check_content(&template(), &content(vec![], body), &columns);
    assert_eq!(fields_of(&problems), ["template.header", "template.body", "template.body.0", "template.body.1"]);
    assert!(problems[2].message.contains("they have: name"));
}

#[test]
fn a_template_that_is_not_approved_or_not_usable_is_refused() {
    let columns = strings(&["name"]);
    let paused = Template { status: "PAUSED".into(), ..template() };
    let media = Template { unusable_because: Some("its header is an image".into()), ..template() };
    assert!(check_content(&paused, &good(), &columns)[0].message.contains("PAUSED"));
    assert!(check_content(&media, &good(), &columns)[0].message.contains("an image"));
    let other = TemplateContent { name: "other".into(), language: "en".into(), ..good() };
    assert_eq!(fields_of(&check_content(&template(), &other, &columns)), ["template.name", "template.language"]);
}

#[test]
fn fixed_texts_that_whatsapp_refuses_are_refused() {
    let columns = strings(&["name"]);
    for bad in ["", "  ", "a\tb", "a\r\nb", "a     b"] {
        for source in [text(bad), column("name", Some(bad))] {
            let content = content(vec![text("x")], vec![text("x"), source]);
            let problems = check_content(&template(), &content, &columns);
            assert_eq!(fields_of(&problems), ["template.body.1"], "{bad:?}");
        }
    }
    let four_spaces = content(vec![text("x")], vec![text("x"), text("a    b")]);
    assert_eq!(check_content(&template(), &four_spaces, &columns), []);
    let long = content(vec![text("x")], vec![text("x"), text(&"y".repeat(1024))]);
    assert_eq!(fields_of(&check_content(&template(), &long, &columns)), ["template.body"]);
}

#[test]
fn values_come_from_cells_on_one_line() {
    let columns = strings(&["phone", "name"]);
    let fields = strings(&["+447700900123", " Ana\u{a0}  \u{200b} Maria  \u{200b}\r\n"]);
    let filled = parameters(&template(), &good(), &columns, &fields).unwrap();
    assert_eq!(filled.header, ["Ana Maria"]);
    assert_eq!(filled.body, ["Ana Maria", "DEZ"]);
}

#[test]
fn a_cell_of_many_lines_is_refused_with_its_column_wherever_it_stands() {
    let columns = strings(&["name", "city"]);
    let placed = content(vec![text("x")], vec![text("{{name}} of {{ City }}"), text("DEZ")]);
    for cell in ["Rio\nNorte", "Rio\r\nNorte", "Rio\tNorte", "Rio     Norte", "Rio\u{2028}Norte"] {
        let problem = parameters(&template(), &placed, &columns, &strings(&["Ana", cell])).unwrap_err();
        assert_eq!(problem, ParameterProblem::ManyLines { column: "City".into() }, "{cell:?}");
        let problem = parameters(&template(), &good(), &columns, &strings(&[cell, ""])).unwrap_err();
        assert_eq!(problem.name(), "manyLines", "{cell:?}");
    }
    assert!(parameters(&template(), &placed, &columns, &strings(&["Ana", "\nRio    Norte\t\n"])).is_ok());
}

#[test]
fn every_part_that_grows_too_long_with_a_cell_is_the_recipients_own_problem() {
    let columns = strings(&["name", "path"]);
    let button = |kind, url: Option<&str>| TemplateButton { kind, text: "Go".into(), url: url.map(str::to_owned) };
    let buttons =
        vec![button(ButtonKind::Url, Some("https://example.com/{{1}}")), button(ButtonKind::QuickReply, None)];
    let template = Template { buttons, ..template() };
    let given =
        |index| ButtonContent { index, value: column("path", None), flow_data: std::collections::BTreeMap::new() };
    let filled = |index, name: &str, path: usize| {
        let content = TemplateContent { buttons: vec![given(index)], ..good() };
        parameters(&template, &content, &columns, &strings(&[name, &"p".repeat(path)]))
    };
    let too_long = |part, chars, most| Err(ParameterProblem::PartTooLong { part, chars, most });
    assert!(filled(0, &"a".repeat(57), 1_980).is_ok());
    assert_eq!(filled(0, &"a".repeat(58), 5), too_long("header", 61, 60));
    assert_eq!(filled(0, "Ana", 1_981), too_long("button's address", 2_001, 2_000));
    assert!(filled(1, "Ana", 256).is_ok());
    assert_eq!(filled(1, "Ana", 257), too_long("button's payload", 257, 256));
}

#[test]
fn an_empty_cell_takes_the_fallback_or_names_its_column() {
    let columns = strings(&["name"]);
    let problem = parameters(&template(), &good(), &columns, &strings(&[" "])).unwrap_err();
    assert_eq!(problem.name(), "emptyValue");
    assert!(problem.to_string().contains("\"name\""));

    let with_fallback = content(vec![text("x")], vec![column("name", Some("cliente")), text("DEZ")]);
    let filled = parameters(&template(), &with_fallback, &columns, &[]).unwrap();
    assert_eq!(filled.body[0], "cliente");
}

#[test]
fn a_recipient_whose_values_do_not_fit_is_a_problem_of_his_own() {
    let columns = strings(&["name"]);
    let long = strings(&[&"é".repeat(1030)]);
    let problem = parameters(&template(), &good(), &columns, &long).unwrap_err();
    assert!(matches!(problem, ParameterProblem::BodyTooLong { chars, .. } if chars > 1030));
    let missing = parameters(&template(), &good(), &[], &[]).unwrap_err();
    assert_eq!(missing.name(), "noColumn");
    let wrong = parameters(&template(), &content(vec![], vec![]), &columns, &[]).unwrap_err();
    assert_eq!(wrong, ParameterProblem::WrongCount);
}

#[test]
fn parameters_travel_as_camel_case_json() {
    let filled = Parameters { body: strings(&["a"]), ..Parameters::default() };
    assert_eq!(serde_json::to_string(&filled).unwrap(), "{\"body\":[\"a\"]}");
}

/// Texts full of what could be taken for a variable.
fn texts() -> impl Strategy<Value = String> {
    "[{}a1_ é\\n]{0,40}"
}

/// Cells and fixed texts, many of them with what WhatsApp refuses.
fn cells() -> impl Strategy<Value = String> {
    prop_oneof!["[a é\t\r\n\u{a0}\u{200b}]{0,12}", any::<String>()]
}

/// Text and, after it, the name of a variable.
fn written() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec(("[^{}]{0,6}", "[a-z0-9_]{1,2}"), 0..8)
}

/// The value of a variable: another one for each, and no name itself.
fn value_of(name: &str) -> String {
    format!("<{name}>")
}

proptest! {
    #[test]
    fn a_text_with_all_its_values_has_no_variables_left(text in texts()) {
        let names = variables(&text);
        let values: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "<>")).collect();
        prop_assert_eq!(variables(&render(&text, &values)), Vec::<String>::new());
    }

    #[test]
    fn a_text_is_changed_only_where_its_variables_are(text in texts(), name in "[a1_]{1,2}") {
        prop_assert_eq!(render(&text, &[]), text.clone());
        let found = variables(&text).contains(&name);
        prop_assert_eq!(render(&text, &[(name.as_str(), "<>")]) != text, found);
    }

    #[test]
    fn exactly_the_variables_that_were_written_are_found_and_filled(parts in written()) {
        let text: String = parts.iter().map(|(before, name)| format!("{before}{{{{ {name} }}}}")).collect();
        let filled: String = parts.iter().map(|(before, name)| format!("{before}{}", value_of(name))).collect();
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in &parts {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        prop_assert_eq!(variables(&text), names.clone());
        let values: Vec<String> = names.iter().map(|name| value_of(name)).collect();
        let pairs: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
        prop_assert_eq!(render(&text, &pairs), filled);
    }

    #[test]
    fn no_cell_makes_a_value_that_whatsapp_refuses(
        cell in cells(),
        fallback in proptest::option::of(cells()),
        fixed in cells(),
    ) {
        let from_column = column("name", fallback.as_deref());
        let content = content(vec![from_column.clone()], vec![from_column, text(&fixed)]);
        match parameters(&template(), &content, &strings(&["name"]), &[cell]) {
            Ok(filled) => {
                for value in filled.header.iter().chain(&filled.body) {
                    prop_assert!(!value.is_empty() && value.trim() == value, "{:?}", value);
                    prop_assert!(!value.contains(['\n', '\r', '\t']) && !value.contains("  "), "{:?}", value);
                }
            }
            Err(problem) => {
                let expected = ["emptyValue", "bodyTooLong", "partTooLong", "manyLines"];
                prop_assert!(expected.contains(&problem.name()), "{:?}", problem);
            }
        }
    }
}
