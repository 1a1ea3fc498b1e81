//! Files whose first lines or separators mislead: captions, `sep=`, commas that are part of a text.

use super::{read, summary};
use crate::file::Row;

#[test]
fn of_two_separators_that_cut_alike_the_comma_is_part_of_the_text() {
    for separator in [";", "\t", "|"] {
        let text = "+447700900011;Silva, Ana\n+447700900012;Souza, Bia\n".replace(';', separator);
        let (columns, rows) = read(text.as_bytes());
        assert_eq!(columns, ["Column 1", "Column 2"], "{separator}");
        let Row::Contact(contact) = &rows[0] else { panic!("a contact") };
        assert_eq!(contact.fields[1], "Silva, Ana", "{separator}");
    }
    let (_, rows) = read(b"+447700900011,Ana;Bia\n+447700900012,Eva\n");
    assert_eq!(summary(&rows), ["1: +447700900011 ", "2: +447700900012 "]);
}

#[test]
fn the_separator_that_the_first_line_tells_is_believed() {
    let text = "sep=|\nphone|name|tags;of;the;shop\n+447700900011|Ana|a;b;c;d\n";
    let (columns, rows) = read(text.as_bytes());
    assert_eq!(columns, ["phone", "name", "tags;of;the;shop"]);
    assert_eq!(summary(&rows), ["3: +447700900011 Ana"]);
}

#[test]
fn a_caption_above_titles_that_say_no_phone_is_no_header() {
    let text = "Relatório de clientes;;\n\nNome;Contato;Cidade\nAna;+447700900011;Porto\n";
    let (columns, rows) = read(text.as_bytes());
    assert_eq!(columns, ["Nome", "Contato", "Cidade"]);
    assert_eq!(summary(&rows), ["4: +447700900011 Ana"]);
    let (columns, rows) = read("Lista de telefones\nNome;Contato\nAna;+447700900011\n".as_bytes());
    assert_eq!(columns, ["Nome", "Contato"]);
    assert_eq!(summary(&rows), ["3: +447700900011 Ana"]);
    let (columns, rows) = read(b"telefones\n+447700900011\n");
    assert_eq!(columns, ["telefones"]);
    assert_eq!(summary(&rows), ["2: +447700900011 "]);
}

#[test]
fn a_plural_says_phone_and_most_of_its_column_may_be_wrong() {
    let (_, rows) = read("Código;Celulares\n7;x\n8;+447700900011\n9;y\n".as_bytes());
    assert_eq!(summary(&rows), ["2: notANumber", "3: +447700900011 ", "4: notANumber"]);
}

#[test]
fn a_first_number_in_digits_of_another_script_is_no_header() {
    let full_width = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
    let number: String = "+447700900011".chars().map(full_width).collect();
    let (_, rows) = read(format!("{number}\n+447700900012\n").as_bytes());
    assert_eq!(summary(&rows), ["1: +447700900011 ", "2: +447700900012 "]);
}
