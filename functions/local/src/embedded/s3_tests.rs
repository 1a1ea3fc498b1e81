//! The embedded S3 through the real SDK, and through the product's router as a browser reaches it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

const ENDPOINT: &str = "http://127.0.0.1:4870";

struct Bench {
    service: EmbeddedS3,
    client: aws_sdk_s3::Client,
    events: Arc<Mutex<Vec<PutEvent>>>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = EmbeddedS3::open(folder.path(), "local", "localsecret").unwrap();
        service.create_bucket("campanile").await.unwrap();
        Self { client: service.client(ENDPOINT), service, events: Arc::default(), _folder: folder }
    }

    fn on_put(&self) -> OnPut {
        let events = Arc::clone(&self.events);
        Arc::new(move |event| {
            events.lock().unwrap().push(event);
            Box::pin(async { Ok(()) })
        })
    }

    async fn presigned_put(&self, key: &str) -> String {
        self.presigned_put_with(key, PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()).await
    }

    async fn presigned_put_with(&self, key: &str, config: PresigningConfig) -> String {
        let put = self.client.put_object().bucket("campanile").key(key);
        put.presigned(config).await.unwrap().uri().to_owned()
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        // As the product's router does it.
        let service = self.service.service(self.on_put());
        let router = axum::Router::new().route_service("/{bucket}/{*key}", service);
        router.oneshot(request).await.unwrap()
    }

    async fn read(&self, key: &str, range: Option<&str>) -> Vec<u8> {
        let get = self.client.get_object().bucket("campanile").key(key);
        let got = get.set_range(range.map(str::to_owned)).send().await.unwrap();
        got.body.collect().await.unwrap().to_vec()
    }
}

/// What hyper hands a server for a browser's request to this URL.
fn as_browser(method: Method, url: &str, body: impl Into<Body>) -> Request<Body> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", host)
        .header("origin", "http://localhost:8080")
        .body(body.into())
        .unwrap()
}

async fn text_of(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_presigned_upload_is_stored_announced_and_readable() {
    let bench = Bench::new().await;
    let url = bench.presigned_put("uploads/w1/contacts one.csv").await;
    let response = bench.send(as_browser(Method::PUT, &url, "name,phone\nAna,1\n")).await;
    let headers = response.headers().clone();
    assert_eq!(response.status(), 200, "{}", text_of(response).await);
    assert!(headers.contains_key("etag"));
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-expose-headers"], "etag");
    let announced = bench.events.lock().unwrap().clone();
    let expected = PutEvent { bucket: "campanile".to_owned(), key: "uploads/w1/contacts one.csv".to_owned(), size: 17 };
    assert_eq!(announced, [expected]);
    let key = "uploads/w1/contacts one.csv";
    assert_eq!(bench.read(key, None).await, b"name,phone\nAna,1\n");
    assert_eq!(bench.read(key, Some("bytes=5-9")).await, b"phone");
}

#[tokio::test]
async fn a_presigned_download_works_for_a_browser_with_a_range() {
    let bench = Bench::new().await;
    let put = bench.client.put_object().bucket("campanile").key("exports/a.csv");
    put.body(ByteStream::from_static(b"0123456789")).send().await.unwrap();
    let config = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let get = bench.client.get_object().bucket("campanile").key("exports/a.csv");
    let url = get.presigned(config).await.unwrap().uri().to_owned();
    let mut request = as_browser(Method::GET, &url, Body::empty());
    request.headers_mut().insert("range", HeaderValue::from_static("bytes=2-4"));
    let response = bench.send(request).await;
    assert_eq!(response.status(), 206);
    assert_eq!(text_of(response).await, "234");
    assert!(bench.events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn expired_tampered_and_anonymous_requests_are_refused() {
    let bench = Bench::new().await;
    let past = SystemTime::now() - Duration::from_secs(3_600);
    let expired = PresigningConfig::builder().start_time(past).expires_in(Duration::from_secs(60)).build().unwrap();
    let expired = bench.presigned_put_with("uploads/a", expired).await;
    let valid = bench.presigned_put("uploads/a").await;
    let tampered = valid.replace("uploads/a", "uploads/b");
    let anonymous = format!("{ENDPOINT}/campanile/uploads/a");
    for url in [&expired, &tampered, &anonymous] {
        let response = bench.send(as_browser(Method::PUT, url, "x")).await;
        assert_eq!(response.status(), 403, "{url}");
    }
    let wrong_method = as_browser(Method::GET, &valid, Body::empty());
    assert_eq!(bench.send(wrong_method).await.status(), 403);
    let mut wrong_host = as_browser(Method::PUT, &valid, "x");
    wrong_host.headers_mut().insert("host", HeaderValue::from_static("example.org"));
    assert_eq!(bench.send(wrong_host).await.status(), 403);
    assert!(bench.events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_upload_whose_event_cannot_be_kept_is_answered_with_a_fault() {
    let bench = Bench::new().await;
    let url = bench.presigned_put("uploads/a").await;
    let broken: OnPut = Arc::new(|_| Box::pin(async { bail!("no queue") }));
    let service = bench.service.service(broken);
    let response = service.oneshot(as_browser(Method::PUT, &url, "x")).await;
    assert_eq!(response.unwrap().status(), 500);
}

#[tokio::test]
async fn a_preflight_from_any_origin_is_allowed() {
    let bench = Bench::new().await;
    let mut request = as_browser(Method::OPTIONS, &format!("{ENDPOINT}/campanile/uploads/a"), Body::empty());
    request.headers_mut().insert("access-control-request-method", HeaderValue::from_static("PUT"));
    let response = bench.send(request).await;
    assert_eq!(response.status(), 200);
    let methods = &response.headers()["access-control-allow-methods"];
    assert!(methods.to_str().unwrap().contains("PUT"));
}

#[tokio::test]
async fn the_sdk_lists_copies_heads_and_deletes_in_process() {
    let bench = Bench::new().await;
    bench.service.create_bucket("campanile").await.unwrap();
    for n in 0..5 {
        let key = format!("audiences/a1/segment-{n:05}.jsonl");
        let put = bench.client.put_object().bucket("campanile").key(key);
        put.body(ByteStream::from_static(b"{}\n")).send().await.unwrap();
    }
    let list = bench.client.list_objects_v2().bucket("campanile");
    let list = list.prefix("audiences/a1/").max_keys(3).send().await.unwrap();
    assert_eq!(list.contents().len(), 3);
    assert_eq!(list.is_truncated(), Some(true));
    let key = "audiences/a1/segment-00000.jsonl";
    let delete = bench.client.delete_object().bucket("campanile").key(key);
    delete.send().await.unwrap();
    let head = bench.client.head_object().bucket("campanile").key(key);
    let missing = head.send().await.unwrap_err().into_service_error();
    assert!(missing.is_not_found());
}

#[tokio::test]
async fn a_streamed_object_of_many_megabytes_comes_back_whole() {
    const MEGABYTES: u64 = 12;
    let bench = Bench::new().await;
    let url = bench.presigned_put("uploads/large").await;
    let chunk = bytes::Bytes::from(vec![b'x'; 1_048_576]);
    let chunks = (0..MEGABYTES).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
    let body = Body::from_stream(futures::stream::iter(chunks));
    let mut request = as_browser(Method::PUT, &url, body);
    request.headers_mut().insert("content-length", HeaderValue::from(MEGABYTES * 1_048_576));
    let response = bench.send(request).await;
    assert_eq!(response.status(), 200, "{}", text_of(response).await);
    assert_eq!(bench.events.lock().unwrap()[0].size, MEGABYTES * 1_048_576);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![b'y'; 3 << 20]).unwrap();
    let body = ByteStream::from_path(file.path()).await.unwrap();
    let put = bench.client.put_object().bucket("campanile").key("media/m");
    put.body(body).send().await.unwrap();
    assert_eq!(bench.read("media/m", None).await.len(), 3 << 20);
}

#[tokio::test]
async fn a_part_of_an_upload_is_no_object() {
    for (uri, object) in [
        ("/b/k?partNumber=1&uploadId=x", None),
        ("/b/k?tagging", None),
        ("/b/", None),
        ("/b", None),
        ("/b/%zz", None),
        ("/b/a%2Fb%20c", Some(("b".to_owned(), "a/b c".to_owned()))),
    ] {
        let request = Request::put(uri).body(Body::empty()).unwrap();
        assert_eq!(written_object(&request), object, "{uri}");
    }
}
