//! The serialised form of a recording.

use super::{Input, Recording, RecordingError};
use crate::Limits;
use plimsoll_core::{Answer, Bytes, Code, Descriptor, Digest, Escaped, Failure, Purpose, Referrer, Want};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The document's own type, raised when its form changes.
const MEDIA_TYPE: &str = "application/vnd.plimsoll.recording.v1+json";
/// The name of the document.
const DOCUMENT: &str = "recording.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    media_type: String,
    made_by: String,
    reference: String,
    time: String,
    limits: LimitsForm,
    inputs: Vec<InputForm>,
    answers: Vec<(WantForm, AnswerForm)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsForm {
    rounds: u32,
    questions: u64,
    bytes: u64,
    steps: u64,
    proofs: usize,
    concurrency: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputForm {
    name: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DescriptorForm {
    media_type: String,
    digest: String,
    size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", tag = "ask")]
enum WantForm {
    Blob {
        repository: String,
        descriptor: DescriptorForm,
    },
    Http {
        url: String,
        body: Option<String>,
        limit: u64,
        purpose: PurposeForm,
    },
    Manifest {
        repository: String,
        descriptor: DescriptorForm,
    },
    Plugin {
        name: String,
        command: String,
        request: String,
    },
    #[serde(rename_all = "camelCase")]
    Referrers {
        repository: String,
        subject: String,
        artifact_type: Option<String>,
    },
    Resolve {
        reference: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PurposeForm {
    Crl,
    FreshCrl,
    Ocsp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum AnswerForm {
    Absent,
    /// The digest of the file that holds the bytes.
    Content(String),
    Descriptor(DescriptorForm),
    Failed {
        code: String,
        message: String,
    },
    Referrers(Vec<ReferrerForm>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReferrerForm {
    descriptor: DescriptorForm,
    claimed_artifact_type: Option<String>,
    claimed_annotations: BTreeMap<String, String>,
}

/// The path of content inside a recording.
fn path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.encoded())
}

pub(super) fn write(recording: &Recording) -> Vec<(String, Bytes)> {
    let mut contents = BTreeMap::new();
    let mut keep = |bytes: &Bytes| {
        let digest = Digest::sha256_of(bytes);
        contents.insert(path(&digest), bytes.clone());
        digest.to_string()
    };
    let Limits { rounds, questions, bytes, steps, proofs, concurrency } = recording.limits;
    let document = Document {
        media_type: MEDIA_TYPE.into(),
        made_by: recording.made_by.clone(),
        reference: recording.reference.to_string(),
        time: recording.at.to_string(),
        limits: LimitsForm { rounds, questions, bytes, steps, proofs, concurrency },
        inputs: recording
            .inputs
            .iter()
            .map(|input| InputForm { name: input.name.clone(), digest: keep(&input.bytes) })
            .collect(),
        answers: recording
            .answers
            .iter()
            .filter_map(|(want, answer)| Some((write_want(want, &mut keep)?, write_answer(answer, &mut keep)?)))
            .collect(),
    };
    // Strings, numbers and string keys alone: nothing that JSON cannot hold.
    let text = serde_json::to_vec_pretty(&document).unwrap_or_default();
    std::iter::once((DOCUMENT.into(), text.into())).chain(contents).collect()
}

fn write_descriptor(descriptor: &Descriptor) -> DescriptorForm {
    DescriptorForm {
        media_type: descriptor.media_type.to_string(),
        digest: descriptor.digest.to_string(),
        size: descriptor.size,
    }
}

/// `None` only for a question that a later version of the seam adds and this one does not ask.
fn write_want(want: &Want, keep: &mut impl FnMut(&Bytes) -> String) -> Option<WantForm> {
    Some(match want {
        Want::Blob { repository, descriptor } => {
            WantForm::Blob { repository: repository.to_string(), descriptor: write_descriptor(descriptor) }
        }
        Want::Http { url, body, limit, purpose } => WantForm::Http {
            url: url.to_string(),
            body: body.as_ref().map(&mut *keep),
            limit: *limit,
            purpose: match purpose {
                Purpose::Crl => PurposeForm::Crl,
                Purpose::FreshCrl => PurposeForm::FreshCrl,
                Purpose::Ocsp => PurposeForm::Ocsp,
                _ => return None,
            },
        },
        Want::Manifest { repository, descriptor } => {
            WantForm::Manifest { repository: repository.to_string(), descriptor: write_descriptor(descriptor) }
        }
        Want::Plugin { name, command, request } => {
            WantForm::Plugin { name: name.to_string(), command: command.to_string(), request: keep(request) }
        }
        Want::Referrers { repository, subject, artifact_type } => WantForm::Referrers {
            repository: repository.to_string(),
            subject: subject.to_string(),
            artifact_type: artifact_type.as_ref().map(ToString::to_string),
        },
        Want::Resolve { reference } => WantForm::Resolve { reference: reference.to_string() },
        _ => return None,
    })
}

fn write_answer(answer: &Answer, keep: &mut impl FnMut(&Bytes) -> String) -> Option<AnswerForm> {
    Some(match answer {
        Answer::Absent => AnswerForm::Absent,
        Answer::Bytes(bytes) => AnswerForm::Content(keep(bytes)),
        Answer::Descriptor(descriptor) => AnswerForm::Descriptor(write_descriptor(descriptor)),
        Answer::Failed(failure) => {
            AnswerForm::Failed { code: failure.code.name().into(), message: failure.message.to_string() }
        }
        Answer::Referrers(list) => AnswerForm::Referrers(
            list.iter()
                .map(|one| ReferrerForm {
                    descriptor: write_descriptor(&one.descriptor),
                    claimed_artifact_type: one.claimed_artifact_type.as_deref().map(Into::into),
                    claimed_annotations: one.claimed_annotations.clone(),
                })
                .collect(),
        ),
        _ => return None,
    })
}

/// What reading needs: the files, and the codes that may occur.
struct Reader<'f> {
    file: &'f mut dyn FnMut(&str) -> Option<Bytes>,
    known: &'f [&'static [Code]],
}

pub(super) fn read(
    file: &mut dyn FnMut(&str) -> Option<Bytes>,
    known: &[&'static [Code]],
) -> Result<Recording, RecordingError> {
    let text = file(DOCUMENT).ok_or_else(|| RecordingError::MissingFile(DOCUMENT.into()))?;
    let document: Document =
        serde_json::from_slice(&text).map_err(|error| RecordingError::Malformed(error.to_string().into()))?;
    if document.media_type != MEDIA_TYPE {
        let found = Escaped::new(&document.media_type);
        return Err(RecordingError::Malformed(
            format!("expected the media type `{MEDIA_TYPE}`, found `{found}`").into(),
        ));
    }
    let mut reader = Reader { file, known };
    let LimitsForm { rounds, questions, bytes, steps, proofs, concurrency } = document.limits;
    Ok(Recording {
        reference: parse(&document.reference)?,
        at: parse(&document.time)?,
        limits: Limits { rounds, questions, bytes, steps, proofs, concurrency },
        made_by: document.made_by,
        inputs: document
            .inputs
            .into_iter()
            .map(|input| Ok(Input { bytes: reader.content(&input.digest)?, name: input.name }))
            .collect::<Result<_, RecordingError>>()?,
        answers: document
            .answers
            .into_iter()
            .map(|(want, answer)| Ok((reader.want(want)?, reader.answer(answer)?)))
            .collect::<Result<_, RecordingError>>()?,
    })
}

/// Parses a word of the seam.
fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, RecordingError> {
    text.parse().map_err(|error: T::Err| RecordingError::Malformed(error.to_string().into()))
}

fn read_descriptor(form: &DescriptorForm) -> Result<Descriptor, RecordingError> {
    Ok(Descriptor::new(&form.media_type, parse(&form.digest)?, form.size))
}

impl Reader<'_> {
    fn content(&mut self, digest: &str) -> Result<Bytes, RecordingError> {
        let expected: Digest = parse(digest)?;
        let name = path(&expected);
        let bytes = (self.file)(&name).ok_or_else(|| RecordingError::MissingFile(Escaped::new(&name)))?;
        let found = expected.of_same_algorithm(&bytes);
        if found == expected {
            Ok(bytes)
        } else {
            Err(RecordingError::Changed { name: Escaped::new(&name), expected, found })
        }
    }
    fn want(&mut self, form: WantForm) -> Result<Want, RecordingError> {
        Ok(match form {
            WantForm::Blob { repository, descriptor } => {
                Want::Blob { repository: parse(&repository)?, descriptor: read_descriptor(&descriptor)? }
            }
            WantForm::Http { url, body, limit, purpose } => Want::Http {
                url: url.into(),
                body: body.map(|digest| self.content(&digest)).transpose()?,
                limit,
                purpose: match purpose {
                    PurposeForm::Crl => Purpose::Crl,
                    PurposeForm::FreshCrl => Purpose::FreshCrl,
                    PurposeForm::Ocsp => Purpose::Ocsp,
                },
            },
            WantForm::Manifest { repository, descriptor } => {
                Want::Manifest { repository: parse(&repository)?, descriptor: read_descriptor(&descriptor)? }
            }
            WantForm::Plugin { name, command, request } => {
                Want::Plugin { name: name.into(), command: command.into(), request: self.content(&request)? }
            }
            WantForm::Referrers { repository, subject, artifact_type } => Want::Referrers {
                repository: parse(&repository)?,
                subject: parse(&subject)?,
                artifact_type: artifact_type.map(Into::into),
            },
            WantForm::Resolve { reference } => Want::Resolve { reference: parse(&reference)? },
        })
    }
    fn answer(&mut self, form: AnswerForm) -> Result<Answer, RecordingError> {
        Ok(match form {
            AnswerForm::Absent => Answer::Absent,
            AnswerForm::Content(digest) => Answer::Bytes(self.content(&digest)?),
            AnswerForm::Descriptor(form) => Answer::Descriptor(read_descriptor(&form)?),
            AnswerForm::Failed { code, message } => {
                let found = self.known.iter().copied().flatten().find(|known| known.name() == code);
                let code = found.ok_or_else(|| RecordingError::UnknownCode(Escaped::new(&code)))?;
                // Shown like any foreign text: whoever kept the recording may have changed it.
                Answer::Failed(Failure::new(*code, Escaped::whole(&message).as_str()))
            }
            AnswerForm::Referrers(list) => Answer::Referrers(
                list.into_iter()
                    .map(|form| {
                        let mut one =
                            Referrer::new(read_descriptor(&form.descriptor)?, form.claimed_artifact_type.as_deref());
                        one.claimed_annotations = form.claimed_annotations;
                        Ok(one)
                    })
                    .collect::<Result<_, RecordingError>>()?,
            ),
        })
    }
}
