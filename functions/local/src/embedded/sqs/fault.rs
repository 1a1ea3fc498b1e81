//! The refusals of the queue service in the two spellings AWS sends them: the
//! JSON protocol's `__type` and the older query code in `x-amzn-query-error`.

use serde_json::json;

/// Why a request, or one entry of a batch, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    QueueDoesNotExist,
    QueueNameExists,
    InvalidParameterValue,
    MissingParameter,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidMessageContents,
    ReceiptHandleIsInvalid,
    MessageNotInflight,
    EmptyBatchRequest,
    TooManyEntriesInBatchRequest,
    BatchEntryIdsNotDistinct,
    InvalidBatchEntryId,
    BatchRequestTooLong,
    ResourceNotFound,
    UnknownOperation,
    Serialization,
    Internal,
}

impl Refusal {
    /// The JSON protocol's type and the query protocol's code.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
            }
            Self::QueueNameExists => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"),
            Self::InvalidParameterValue => {
                ("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
            }
            Self::MissingParameter => {
                ("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
            }
            Self::InvalidAttributeName => ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"),
            Self::InvalidAttributeValue => ("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"),
            Self::InvalidMessageContents => ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents"),
            Self::ReceiptHandleIsInvalid => ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::MessageNotInflight => {
                ("com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight")
            }
            Self::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
            }
            Self::TooManyEntriesInBatchRequest => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Self::BatchEntryIdsNotDistinct => {
                ("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Self::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
            }
            Self::BatchRequestTooLong => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
            }
            Self::ResourceNotFound => ("com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException"),
            Self::UnknownOperation => ("com.amazon.coral.service#UnknownOperationException", "InvalidAction"),
            Self::Serialization => ("com.amazon.coral.service#SerializationException", "MalformedInput"),
            Self::Internal => ("com.amazon.coral.service#InternalFailure", "InternalFailure"),
        }
    }
}

/// A refused request or entry, with the sentence its caller reads.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) refusal: Refusal,
    message: String,
}

impl Fault {
    pub(super) fn new(refusal: Refusal, message: impl Into<String>) -> Self {
        Self { refusal, message: message.into() }
    }

    /// AWS's wording for a value outside its range.
    pub(super) fn invalid(parameter: &str, value: impl std::fmt::Display, reason: &str) -> Self {
        Self::new(
            Refusal::InvalidParameterValue,
            format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}."),
        )
    }

    pub(super) fn status(&self) -> u16 {
        if self.refusal == Refusal::Internal { 500 } else { 400 }
    }

    /// The header beside the body, `code;Sender`.
    pub(super) fn query_error(&self) -> String {
        let (_, code) = self.refusal.names();
        if self.refusal == Refusal::Internal { format!("{code};Receiver") } else { format!("{code};Sender") }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let (kind, _) = self.refusal.names();
        json!({ "__type": kind, "message": self.message }).to_string().into_bytes()
    }

    /// The entry of a batch's `Failed` list.
    pub(super) fn entry(&self, id: &str) -> serde_json::Value {
        let (_, code) = self.refusal.names();
        json!({
            "Id": id,
            "Code": code,
            "Message": self.message,
            "SenderFault": self.refusal != Refusal::Internal,
        })
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the queue store failed");
        Self::new(Refusal::Internal, "internal error")
    }
}
