//! The embedded AWS services over a data folder (or in memory), with the product's tables, queues and bucket in them.

use std::path::Path;
use std::sync::Arc;

use lambdas::App;
use lambdas::app::Chance;
use lambdas::clock::Clock;
use lambdas::cloud_api::CloudApi;
use lambdas::config::{Config, WhatsAppApp};
use lambdas::fetch::{Fetcher, Reach};
use lambdas::mail::Mail;

use crate::embedded::{self, EmbeddedDynamoDb, EmbeddedS3, EmbeddedSecrets, EmbeddedSqs};
use crate::queues::{self, Queues};
use crate::tables;

/// The bucket; also the first part of presigned URLs' paths.
pub const FILES_BUCKET: &str = "campanile-files";

/// The access key of presigned URLs.
const S3_ACCESS_KEY: &str = "campanile";

/// Signs the presigned URLs of services that are gone with their test.
const IN_MEMORY_SECRET: &str = "in-memory";

/// The services and where things are in them.
#[derive(Clone)]
pub struct Cloud {
    /// DynamoDB.
    pub dynamodb: EmbeddedDynamoDb,
    /// SQS.
    pub sqs: EmbeddedSqs,
    /// S3.
    pub s3: EmbeddedS3,
    /// Secrets Manager.
    pub secrets: EmbeddedSecrets,
    /// The queues.
    pub queues: Queues,
}

impl Cloud {
    /// Opens the services in a folder and makes what is missing.
    pub async fn open(folder: &Path, s3_secret_key: &str) -> anyhow::Result<Cloud> {
        let dynamodb = EmbeddedDynamoDb::open(&folder.join("dynamodb.sqlite"))?;
        let sqs = EmbeddedSqs::open(&folder.join("sqs.sqlite"))?;
        let s3 = EmbeddedS3::open(&folder.join("s3"), S3_ACCESS_KEY, s3_secret_key)?;
        let secrets = EmbeddedSecrets::open(&folder.join("tokens.json"))?;
        Cloud::over(dynamodb, sqs, s3, secrets).await
    }

    /// The tables of a folder that another process may have open, to read them. The queues are others, in memory: to open
    /// the folder's would hand out again what that process has in hand. So are the files: to open the folder's would
    /// remove those that it is writing.
    pub async fn beside(folder: &Path) -> anyhow::Result<Cloud> {
        let dynamodb = EmbeddedDynamoDb::open(&folder.join("dynamodb.sqlite"))?;
        let sqs = EmbeddedSqs::memory()?;
        // Among the databases, where no bucket is.
        let s3 = EmbeddedS3::open(folder, S3_ACCESS_KEY, IN_MEMORY_SECRET)?;
        let queues = queues::create(&embedded::sqs_client(sqs.http_client())).await?;
        Ok(Cloud { dynamodb, sqs, s3, secrets: EmbeddedSecrets::memory(), queues })
    }

    /// Services with databases in memory; files lie in `folder`.
    pub async fn in_memory(folder: &Path) -> anyhow::Result<Cloud> {
        let s3 = EmbeddedS3::open(&folder.join("s3"), S3_ACCESS_KEY, IN_MEMORY_SECRET)?;
        Cloud::over(EmbeddedDynamoDb::memory()?, EmbeddedSqs::memory()?, s3, EmbeddedSecrets::memory()).await
    }

    /// The same under a clock of the runtime that a test may pause: every call is answered on its caller's thread.
    pub async fn under_clock(folder: &Path, clock: Clock) -> anyhow::Result<Cloud> {
        let sqs = EmbeddedSqs::inline_at(Arc::new(move || clock.now_millis()))?;
        let s3 = EmbeddedS3::open(&folder.join("s3"), S3_ACCESS_KEY, IN_MEMORY_SECRET)?.standing_still();
        Cloud::over(EmbeddedDynamoDb::inline()?, sqs, s3, EmbeddedSecrets::memory()).await
    }

    async fn over(
        dynamodb: EmbeddedDynamoDb,
        sqs: EmbeddedSqs,
        s3: EmbeddedS3,
        secrets: EmbeddedSecrets,
    ) -> anyhow::Result<Cloud> {
        s3.create_bucket(FILES_BUCKET).await?;
        tables::create(&embedded::dynamodb_client(dynamodb.http_client())).await?;
        let queues = queues::create(&embedded::sqs_client(sqs.http_client())).await?;
        Ok(Cloud { dynamodb, sqs, s3, secrets, queues })
    }

    /// The app over these services. `address`: where this process is reached, `http://host:port`; presigned URLs carry it.
    pub fn app(&self, address: &str, apps: Vec<WhatsAppApp>, clock: Clock) -> anyhow::Result<App> {
        let (dynamodb, sqs, s3) = embedded::clients(&self.dynamodb, &self.sqs, &self.s3, address);
        let config = Config {
            control_table: tables::CONTROL_TABLE.to_owned(),
            messages_table: tables::MESSAGES_TABLE.to_owned(),
            contacts_table: tables::CONTACTS_TABLE.to_owned(),
            files_bucket: FILES_BUCKET.to_owned(),
            send_queue_url: self.queues.send.clone(),
            send_dead_queue_url: self.queues.send_dead.clone(),
            nudge_queue_url: self.queues.nudge.clone(),
            errand_queue_url: self.queues.errand.clone(),
            token_prefix: "campanile/".to_owned(),
            export_queue_url: self.queues.export.clone(),
            hook_queue_url: self.queues.hook.clone(),
            mail_from: None,
            apps,
            link_origin: Some(address.to_owned()),
            oidc: None,
            owner_email: None,
        };
        Ok(App {
            dynamodb,
            sqs,
            s3,
            secrets: embedded::secrets_client(self.secrets.http_client()),
            cloud_api: CloudApi::new()?,
            fetcher: Fetcher::new(Reach::Public)?,
            mail: Mail::Nowhere,
            oidc: None,
            throttle: Arc::default(),
            config: Arc::new(config),
            clock,
            chance: Chance::Machine,
            load: Arc::default(),
            numbers: Arc::default(),
            known: Arc::default(),
        })
    }
}
