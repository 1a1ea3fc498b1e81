//! Why a row was left out, in the languages of those who read the rejects file.

use wire::Language;

use super::RejectReason;

impl RejectReason {
    /// A sentence or two for whoever corrects the row.
    pub fn explanation(&self, language: Language) -> String {
        match (language, self) {
            (_, RejectReason::Phone(error)) => error.explanation(language),
            (Language::English, _) => self.to_string(),
            (Language::Portuguese, RejectReason::Duplicate { first_row }) => {
                format!("A mesma pessoa já está na linha {first_row}.")
            }
            (Language::Spanish, RejectReason::Duplicate { first_row }) => {
                format!("La misma persona ya está en la fila {first_row}.")
            }
            (Language::Portuguese, RejectReason::Suppressed) => {
                "A pessoa pediu para não receber mais mensagens.".into()
            }
            (Language::Spanish, RejectReason::Suppressed) => "La persona pidió no recibir más mensajes.".into(),
            (Language::Portuguese, RejectReason::Erased) => {
                "Os dados da pessoa foram apagados, como foi pedido. Quem voltou a aceitar mensagens precisa antes ser \
                 restaurado."
                    .into()
            }
            (Language::Spanish, RejectReason::Erased) => {
                "Los datos de la persona fueron borrados, como se pidió. Quien volvió a aceptar mensajes debe ser \
                 restaurado antes."
                    .into()
            }
            (Language::Portuguese, RejectReason::TooManyCells { cells, columns }) => format!(
                "A linha tem {cells} células, mas o arquivo tem {columns} colunas. \
                 Coloque entre aspas as células que contêm o separador."
            ),
            (Language::Spanish, RejectReason::TooManyCells { cells, columns }) => format!(
                "La fila tiene {cells} celdas, pero el archivo tiene {columns} columnas. \
                 Ponga entre comillas las celdas que contienen el separador."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::{Country, PhoneNumber};

    #[test]
    fn every_reason_is_told_in_every_language() {
        let brazil = Country::parse("BR").ok();
        let refused = |text: &str, country| RejectReason::Phone(PhoneNumber::parse(text, country).unwrap_err());
        let reasons = [
            refused("", None),
            refused("x", None),
            refused("5.51199E+12", None),
            refused("+5511987654321 / +5511987654322", None),
            refused("11987654321", None),
            refused("+999 1234567", None),
            refused("+55119876", brazil),
            refused("+55119876543211234", brazil),
            refused("+5500000000000", brazil),
            RejectReason::Duplicate { first_row: 2 },
            RejectReason::Suppressed,
            RejectReason::Erased,
            RejectReason::TooManyCells { cells: 5, columns: 3 },
        ];
        let mut names: Vec<&str> = reasons.iter().map(RejectReason::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 13, "{names:?}");
        for reason in reasons {
            let told = [Language::English, Language::Portuguese, Language::Spanish].map(|of| reason.explanation(of));
            assert_eq!(told[0], reason.to_string());
            assert!(told.iter().all(|sentence| sentence.ends_with('.') && sentence.len() > 20), "{told:?}");
            assert!(told[0] != told[1] && told[1] != told[2] && told[0] != told[2], "{told:?}");
        }
    }
}
