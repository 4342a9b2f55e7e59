//! Faults: a byte that does not come, or is another one.

use super::cut::{Cut, End};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use plimsoll_registry::ResponseBody;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

/// What goes wrong, with which requests, and how often.
///
/// ```
/// use plimsoll_testkit::registry::{Fault, Harm};
/// // The first two downloads of blobs end after a thousand bytes.
/// let fault = Fault::new("GET", "/blobs/", Harm::Truncate(1000)).times(2);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    method: Method,
    part: String,
    after: u32,
    times: u32,
    harm: Harm,
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Harm {
    /// The registry does nothing, and answers with this status, headers and text.
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// The registry does nothing, and the connection ends without an answer.
    Reset,
    /// The registry gets so many bytes of the content; then the connection ends without an answer.
    CutRequest(u64),
    /// The registry does what was asked; the connection ends without an answer.
    LoseAnswer,
    /// The answer ends after so many bytes of its content, short of the announced length.
    Truncate(u64),
    /// The answer stands still after so many bytes of its content.
    Stall(u64),
    /// One bit of this byte of the answer's content is another one.
    Flip(u64),
    /// The answer has this header, whatever is true.
    Header(&'static str, String),
    /// Every token that was issued ends; then the request is judged as usual.
    TokensEnd,
}

impl Fault {
    /// A fault of the first request with this method whose path and query hold `part`.
    ///
    /// # Panics
    /// When the method is none.
    #[must_use]
    pub fn new(method: &str, part: impl Into<String>, harm: Harm) -> Self {
        let method = method.parse().expect("a method");
        Self { method, part: part.into(), after: 0, times: 1, harm }
    }
    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }
    /// Happens so many times, and then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
    /// Happens every time.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }
}

/// The faults of a registry, and how often each matched.
#[derive(Default, Debug)]
pub(super) struct Faults(Mutex<Vec<Counted>>);

#[derive(Debug)]
struct Counted {
    fault: Fault,
    seen: AtomicU32,
}

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Counted { fault, seen: AtomicU32::new(0) });
    }
    /// What goes wrong with this request.
    pub(super) fn harm<B>(&self, request: &Request<B>) -> Option<Harm> {
        let target = request.uri().to_string();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find_map(|Counted { fault, seen }| {
            if fault.method != *request.method() || !target.contains(&fault.part) {
                return None;
            }
            let number = seen.fetch_add(1, Ordering::SeqCst);
            let happens = number >= fault.after && number.saturating_sub(fault.after) < fault.times;
            happens.then(|| fault.harm.clone())
        })
    }
}

/// An answer that the registry did not give.
pub(super) fn answer(status: u16, headers: Vec<(&'static str, String)>, text: &'static str) -> Response<ResponseBody> {
    let mut response = super::plain(StatusCode::from_u16(status).expect("a status"), text);
    for (name, value) in headers {
        set(&mut response, name, &value);
    }
    response
}

/// Does harm to an answer on its way out.
pub(super) fn spoil(mut answer: Response<ResponseBody>, harm: Harm) -> Response<ResponseBody> {
    let end = match harm {
        Harm::Truncate(bytes) => End::Break(bytes),
        Harm::Stall(bytes) => End::Stall(bytes),
        Harm::Flip(byte) => End::Flip(byte),
        Harm::Header(name, value) => {
            set(&mut answer, name, &value);
            return answer;
        }
        _ => return answer,
    };
    // The length stays what was announced.
    if let Some(length) = http_body::Body::size_hint(answer.body()).exact() {
        answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    answer.map(|body| Cut::new(body, end).boxed_unsync())
}

/// The content of a request of which only the first bytes come.
pub(super) fn cut_request<B>(request: Request<B>, bytes: u64) -> Request<Cut<B>>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    request.map(|body| Cut::new(body, End::Break(bytes)))
}

fn set(response: &mut Response<ResponseBody>, name: &'static str, value: &str) {
    let value = HeaderValue::try_from(value).expect("the value of a header");
    response.headers_mut().insert(HeaderName::from_static(name), value);
}
