//! Secrets Manager in this process: one file that only its owner may read, behind the SDK's own connector.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::connector::{body_of, client_over, failed, json_response, operation_of};
use crate::folder::write_private;

/// A Secrets Manager over a file, or in memory. Clones share it.
#[derive(Clone)]
pub struct EmbeddedSecrets(Arc<Store>);

struct Store {
    /// Nothing: in memory.
    path: Option<PathBuf>,
    secrets: Mutex<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    #[serde(alias = "SecretId")]
    name: String,
    #[serde(default)]
    secret_string: String,
}

/// A refusal as the protocol names it.
struct Refusal(&'static str, &'static str);

impl EmbeddedSecrets {
    /// Over this file, which need not be there yet.
    pub fn open(path: &Path) -> anyhow::Result<EmbeddedSecrets> {
        let secrets = match std::fs::read(path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be read", path.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Ok(EmbeddedSecrets(Arc::new(Store { path: Some(path.to_owned()), secrets: Mutex::new(secrets) })))
    }

    /// In memory, gone with the last clone.
    #[must_use]
    pub fn memory() -> EmbeddedSecrets {
        EmbeddedSecrets(Arc::new(Store { path: None, secrets: Mutex::default() }))
    }

    /// The HTTP client to build an SDK client with.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        client_over(Connector(self.clone()))
    }

    /// The names of all secrets.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.secrets().keys().cloned().collect()
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Ok(asked) = serde_json::from_slice(body_of(request)) else {
            return Refusal("InvalidRequestException", "The request cannot be read.").response();
        };
        match self.done(operation_of(request), asked) {
            Ok(Ok(done)) => json_response(200, done.to_string().into_bytes()),
            Ok(Err(refusal)) => refusal.response(),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The outer error is a fault of the file.
    fn done(&self, operation: &str, asked: Asked) -> anyhow::Result<Result<Value, Refusal>> {
        let mut secrets = self.secrets();
        let Asked { name, secret_string } = asked;
        let known = |secrets: &BTreeMap<String, String>| secrets.get(&name).cloned();
        let mut answer = json!({ "ARN": format!("arn:aws:secretsmanager:us-east-1:0:secret:{name}"), "Name": name });
        match (operation, known(&secrets)) {
            ("CreateSecret", Some(_)) => {
                return Ok(Err(Refusal("ResourceExistsException", "There is a secret of this name.")));
            }
            ("CreateSecret", None) => {
                secrets.insert(name, secret_string);
                self.write(&secrets)?;
            }
            ("GetSecretValue", Some(secret)) => answer["SecretString"] = json!(secret),
            ("DeleteSecret", Some(_)) => {
                secrets.remove(&name);
                self.write(&secrets)?;
            }
            ("GetSecretValue" | "DeleteSecret", None) => {
                return Ok(Err(Refusal("ResourceNotFoundException", "There is no secret of this name.")));
            }
            (_, _) => return Ok(Err(Refusal("InvalidRequestException", "This operation is not embedded."))),
        }
        Ok(Ok(answer))
    }

    fn write(&self, secrets: &BTreeMap<String, String>) -> anyhow::Result<()> {
        let Some(path) = &self.0.path else { return Ok(()) };
        write_private(path, &serde_json::to_vec_pretty(secrets)?)
    }

    fn secrets(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    fn response(&self) -> Result<HttpResponse, ConnectorError> {
        let Refusal(kind, message) = self;
        json_response(400, json!({ "__type": kind, "Message": message }).to_string().into_bytes())
    }
}

#[derive(Clone)]
struct Connector(EmbeddedSecrets);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedSecrets")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.0.answer(&request))
    }
}

#[cfg(test)]
mod tests {
    use super::super::secrets_client;
    use super::*;

    #[tokio::test]
    async fn a_secret_is_in_a_file_that_only_its_owner_may_read_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let client = secrets_client(EmbeddedSecrets::open(&path).unwrap().http_client());
        client.create_secret().name("a/b").secret_string("token").send().await.unwrap();
        let again = client.create_secret().name("a/b").secret_string("other").send().await.unwrap_err();
        assert!(again.into_service_error().is_resource_exists_exception());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        let client = secrets_client(EmbeddedSecrets::open(&path).unwrap().http_client());
        let read = client.get_secret_value().secret_id("a/b").send().await.unwrap();
        assert_eq!(read.secret_string(), Some("token"));
        client.delete_secret().secret_id("a/b").force_delete_without_recovery(true).send().await.unwrap();
        let gone = client.get_secret_value().secret_id("a/b").send().await.unwrap_err();
        assert!(gone.into_service_error().is_resource_not_found_exception());
        assert!(!std::fs::read_to_string(&path).unwrap().contains("token"));
    }
}
