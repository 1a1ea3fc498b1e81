//! The refusals of the API for its description: each a shared answer that operations name.

use std::collections::BTreeMap;

use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Type, schema::ObjectBuilder};
use utoipa::{IntoResponses, PartialSchema};

/// A refusal: its name in the description, its status, and when it is given.
struct Refused {
    name: &'static str,
    status: &'static str,
    when: &'static str,
}

const MALFORMED: Refused = Refused {
    name: "Malformed",
    status: "400",
    when: "The request cannot be read: no JSON, one nested too deep, a wrong type, a bad path.",
};
const UNAUTHORIZED: Refused =
    Refused { name: "Unauthorized", status: "401", when: "Nobody is signed in, or the token or session has ended." };
const FORBIDDEN: Refused = Refused {
    name: "Forbidden",
    status: "403",
    when: "The role does not allow it, or the token's scopes do not (`scopeMissing`); or, with the session cookie, a \
           change lacks the header `X-Requested-With: campanile`.",
};
const NOT_FOUND: Refused =
    Refused { name: "NotFound", status: "404", when: "This workspace has nothing of this kind with this id." };
const CONFLICT: Refused = Refused {
    name: "Conflict",
    status: "409",
    when: "Not in the present state; with `Retry-After` it is worth asking again after so many seconds.",
};
const GONE: Refused = Refused {
    name: "Gone",
    status: "410",
    when: "The contacts, messages or rejected rows that it needs are kept no longer; a campaign's totals are.",
};
const CHANGED: Refused = Refused {
    name: "PreconditionFailed",
    status: "412",
    when: "It has changed since the answer whose `ETag` is given as `If-Match`: look at it again.",
};
const TOO_LARGE: Refused = Refused { name: "TooLarge", status: "413", when: "The body has more than a megabyte." };
const UNSUPPORTED: Refused = Refused {
    name: "UnsupportedMediaType",
    status: "415",
    when: "The body is packed (`Content-Encoding`), or is not announced as `application/json` where it must be.",
};
const INVALID: Refused =
    Refused { name: "Invalid", status: "422", when: "Fields are wrong; `errors` names each and says what is allowed." };
const TOO_MANY: Refused = Refused {
    name: "TooManyRequests",
    status: "429",
    when: "Too often with this token; `Retry-After` says when again.",
};
const INTERNAL: Refused =
    Refused { name: "Internal", status: "500", when: "Our fault. `requestId` names the request in our log." };
const UPSTREAM: Refused =
    Refused { name: "Upstream", status: "502", when: "WhatsApp did not answer as it should; `detail` says how." };

const ALL: [Refused; 13] = [
    MALFORMED,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    GONE,
    CHANGED,
    TOO_LARGE,
    UNSUPPORTED,
    INVALID,
    TOO_MANY,
    INTERNAL,
    UPSTREAM,
];

/// All refusals, for the description's components.
pub(super) fn components() -> BTreeMap<String, RefOr<Response>> {
    ALL.iter().map(|refused| (refused.name.to_owned(), RefOr::T(described(refused)))).collect()
}

fn described(refused: &Refused) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response = ResponseBuilder::new().description(refused.when).content("application/problem+json", problem);
    if [CONFLICT.status, TOO_MANY.status].contains(&refused.status) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
        let header = HeaderBuilder::new().schema(seconds).description(Some("Seconds to wait.")).build();
        response = response.header("Retry-After", header);
    }
    if refused.status == UNAUTHORIZED.status {
        let header = HeaderBuilder::new().schema(String::schema()).description(Some("`Bearer`.")).build();
        response = response.header("WWW-Authenticate", header);
    }
    response.build()
}

/// Declares what operations name in their `responses(…)`: one refusal or several that always go together.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident = $($refused:ident),+;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let all = [$(&$refused),+];
                    all.into_iter()
                        .map(|one| (one.status.to_owned(), RefOr::Ref(Ref::from_response_name(one.name))))
                        .collect()
                }
            }
        )*
    };
}

answers! {
    /// Of whoever must be signed in and only reads.
    Reads = UNAUTHORIZED, FORBIDDEN, TOO_MANY, INTERNAL;
    /// Of whoever must be signed in and changes something.
    Changes = UNAUTHORIZED, FORBIDDEN, TOO_MANY, INTERNAL;
    /// Where an id stands in the path.
    ReadsPath = MALFORMED;
    /// Where parameters follow the path.
    ReadsQuery = MALFORMED, INVALID;
    /// Where a JSON body is read.
    ReadsBody = MALFORMED, TOO_LARGE, UNSUPPORTED, INVALID;
    /// Nobody is signed in.
    Unauthorized = UNAUTHORIZED;
    /// Not like this.
    Forbidden = FORBIDDEN;
    /// No such thing.
    NotFound = NOT_FOUND;
    /// Not in this state.
    Conflict = CONFLICT;
    /// Kept no longer.
    Gone = GONE;
    /// Changed since it was looked at.
    Changed = CHANGED;
    /// A body is read, whatever it says it is.
    TooLarge = TOO_LARGE;
    /// The same, unless it is packed.
    Packed = UNSUPPORTED;
    /// Fields are wrong.
    Invalid = INVALID;
    /// Our fault.
    Internal = INTERNAL;
    /// WhatsApp's fault.
    Upstream = UPSTREAM;
}
