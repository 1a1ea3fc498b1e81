//! Mail to the people of a workspace: by SES where a deployment names a sender, into a folder on a laptop, or none.

use std::path::PathBuf;

use anyhow::Context;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

use crate::clock::time_of_millis;

/// Where mail goes.
#[derive(Clone)]
pub enum Mail {
    /// Nowhere: a deployment that names no sender.
    Nowhere,
    /// To Amazon SES, from this address, which SES has verified.
    Ses {
        /// The client.
        client: aws_sdk_sesv2::Client,
        /// The sender.
        from: String,
    },
    /// Into this folder, a file each: one machine sends no mail.
    Folder(PathBuf),
}

/// One letter.
pub(crate) struct Letter<'a> {
    /// Names it: the same letter again is the same file.
    pub id: &'a str,
    /// An address.
    pub to: &'a str,
    /// One line of ASCII.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl Mail {
    /// Whether there is any.
    pub fn is_on(&self) -> bool {
        match self {
            Mail::Nowhere => false,
            Mail::Ses { .. } | Mail::Folder(_) => true,
        }
    }

    /// Sends one letter.
    pub(crate) async fn send(&self, letter: &Letter<'_>) -> anyhow::Result<()> {
        match self {
            Mail::Nowhere => Ok(()),
            Mail::Ses { client, from } => {
                let content = |data: &str| Content::builder().data(data).charset("UTF-8").build();
                let body = Body::builder().text(content(letter.text).context("a letter's text")?).build();
                let subject = content(letter.subject).context("a letter's subject")?;
                let message = Message::builder().subject(subject).body(body).build();
                let request = client
                    .send_email()
                    .from_email_address(from)
                    .destination(Destination::builder().to_addresses(letter.to).build())
                    .content(EmailContent::builder().simple(message).build());
                request.send().await.context("sending a letter")?;
                Ok(())
            }
            Mail::Folder(folder) => {
                tokio::fs::create_dir_all(folder).await.context("making the folder of letters")?;
                let file = folder.join(format!("{}-{}.eml", letter.id, file_name(letter.to)));
                tokio::fs::write(&file, written(letter)).await.context("writing a letter")
            }
        }
    }
}

/// The address as part of a file's name: of what addresses are usually made, nothing is changed.
fn file_name(address: &str) -> String {
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '@' | '.' | '_' | '+' | '-');
    address.chars().map(|letter| if is_kept(letter) { letter } else { '-' }).collect()
}

/// The letter as mail programs read it (RFC 5322).
fn written(letter: &Letter<'_>) -> String {
    let Letter { id, to, subject, text, at } = letter;
    let date = time_of_millis(*at).to_rfc2822();
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    format!(
        "From: Campanile <campanile@localhost>\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}@localhost>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_into_a_folder_is_one_file_however_often_it_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let mail = Mail::Folder(folder.path().join("mail"));
        let letter = Letter { id: "01A", to: "ana@example.com", subject: "News", text: "Olá\nAna", at: 0 };
        for _ in 0..2 {
            mail.send(&letter).await.unwrap();
        }
        let files: Vec<_> =
            std::fs::read_dir(folder.path().join("mail")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(&files[0]).unwrap();
        assert!(text.starts_with("From: ") && text.ends_with("\r\n\r\nOlá\r\nAna\r\n"), "{text}");
        assert!(text.contains("\r\nTo: ana@example.com\r\nSubject: News\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n"));
    }

    #[test]
    fn letters_to_two_people_are_two_files_and_none_leaves_the_folder() {
        let names = ["ana.b@example.com", "ana-b@example.com", "ana+b@example.com", "ana_b@example.com"].map(file_name);
        assert_eq!(names[0], "ana.b@example.com");
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert_eq!(file_name("../a b/c@example.com"), "..-a-b-c@example.com");
    }
}
