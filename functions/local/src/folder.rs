//! The data folder: one process at a time, and the secrets that this machine made for itself.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lambdas::app::random;
use serde::{Deserialize, Serialize};

/// The folder, held by this process until dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Made at the first start, kept for ever: with other secrets, presigned links and sessions would break.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// Signs presigned URLs.
    pub s3_secret_key: String,
    /// Bearer of the simulator.
    pub simulator_token: String,
    /// Signs the simulator's webhooks.
    pub simulator_app_secret: String,
    /// Answers the webhook's handshake.
    pub simulator_verify_token: String,
    /// Bearer of API clients on this machine.
    pub api_token: String,
}

impl Folder {
    /// Opens the folder, or makes it for this user's eyes only: it holds people and what they wrote. Fails when another
    /// process has it.
    pub fn open(path: &Path) -> anyhow::Result<Folder> {
        let mut made = DirBuilder::new();
        made.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut made, 0o700);
        made.create(path).with_context(|| format!("making the data folder {}", path.display()))?;
        let path = path.canonicalize().with_context(|| format!("finding the data folder {}", path.display()))?;
        let lock = File::create(path.join("lock")).with_context(|| format!("writing into {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another campanile runs on {}: stop it, or choose another folder with --data", path.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
        }
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The secrets; made at the first call.
    pub fn secrets(&self) -> anyhow::Result<Secrets> {
        let path = self.join("secrets.json");
        if path.exists() {
            let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            return serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()));
        }
        let secret = || anyhow::Ok(hex::encode(random::<32>()?));
        let secrets = Secrets {
            s3_secret_key: secret()?,
            simulator_token: secret()?,
            simulator_app_secret: secret()?,
            simulator_verify_token: secret()?,
            api_token: secret()?,
        };
        write_private(&path, &serde_json::to_vec_pretty(&secrets)?)?;
        Ok(secrets)
    }
}

/// Writes a file whole, for this user's eyes only.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&unfinished).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("writing {}", unfinished.display()))?;
    fs::rename(&unfinished, path).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_process_and_keeps_its_secrets() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let folder = Folder::open(&path).unwrap();
        let first = folder.secrets().unwrap().api_token;
        assert!(format!("{:#}", Folder::open(&path).unwrap_err()).contains("another campanile"));
        drop(folder);
        assert_eq!(Folder::open(&path).unwrap().secrets().unwrap().api_token, first);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_for_its_owner_and_an_old_one_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt;

        let parent = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (new, old) = (parent.path().join("new"), parent.path().join("old"));
        fs::create_dir(&old).unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
        drop((Folder::open(&new).unwrap(), Folder::open(&old).unwrap()));
        assert_eq!((mode(&new), mode(&old)), (0o700, 0o755));
    }
}
