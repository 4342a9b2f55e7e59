use crate::world::Scene;
use plimsoll_core::*;
use plimsoll_testkit::ocsp::Status;
use plimsoll_verify::{Input, Recording, RecordingError};
use std::collections::BTreeMap;

fn recorded() -> (Scene, BTreeMap<String, Bytes>, Recording) {
    let scene = Scene::new(&[Status::Good, Status::Revoked]);
    let input = Input::new("policy.yaml", "rules: []");
    let recording = scene.judge(&scene.world, |session, _| Recording::of(session, vec![input]));
    (scene, recording.to_files().into_iter().collect(), recording)
}

fn read(files: &BTreeMap<String, Bytes>) -> Result<Recording, RecordingError> {
    Recording::from_files(|name| files.get(name).cloned(), &[code::ALL])
}

#[test]
fn a_recording_is_written_and_read() {
    let (scene, files, recording) = recorded();
    let again = read(&files).unwrap();
    assert_eq!(again, recording);
    assert_eq!(again.input("policy.yaml").unwrap().bytes, "rules: []");
    let live = scene.judge(&scene.world, |_, judged| judged.verdict);
    assert_eq!(scene.judge(&again, |_, judged| judged.verdict), live);
}

// attack: A-380
#[test]
fn a_changed_recording_is_refused() {
    let (_, mut files, _) = recorded();
    let name = files.keys().find(|name| name.starts_with("blobs/")).unwrap().clone();
    files.insert(name.clone(), "changed".into());
    let error = read(&files).unwrap_err();
    assert_eq!(error.code(), plimsoll_verify::code::RECORDING_INPUT_CHANGED);
    assert!(error.to_string().starts_with(&format!("expected `{name}` with digest sha256:")), "{error}");
    files.remove(&name);
    let error = read(&files).unwrap_err();
    assert_eq!(error.to_string(), format!("the recording lacks its file `{name}`"));
    assert_eq!(error.code(), plimsoll_verify::code::MALFORMED_RECORDING);
}

#[test]
fn a_recording_with_an_unknown_form_is_refused() {
    let (_, mut files, _) = recorded();
    let document = String::from_utf8(files["recording.json"].to_vec()).unwrap();
    for (from, to) in [
        ("recording.v1", "recording.v9"),
        ("\"madeBy\"", "\"madeby\""),
        ("\"time\": \"2026", "\"time\": \"20x6"),
        ("\"resolve\"", "\"guess\""),
        ("registry.test/app:v1", "registry.test/../app"),
    ] {
        assert!(document.contains(from), "{from}");
        files.insert("recording.json".into(), document.replace(from, to).into());
        assert!(matches!(read(&files), Err(RecordingError::Malformed(_))), "{to}");
    }
    files.insert("recording.json".into(), "{".repeat(1_000_000).into());
    assert!(matches!(read(&files), Err(RecordingError::Malformed(_))));
}

#[test]
fn a_failure_with_a_code_that_nobody_knows_is_refused() {
    let (scene, _, recording) = recorded();
    let (want, _) = recording.answers().next().unwrap();
    let strange = Code::new("made-up", Class::Unavailable, "made up");
    let failed = Answer::Failed(Failure::new(strange, "why"));
    let files = recording.clone().with_answer(want, Some(failed)).to_files().into_iter().collect();
    assert_eq!(read(&files), Err(RecordingError::UnknownCode("made-up".into())));
    drop(scene);
}

#[test]
fn what_was_not_recorded_is_unavailable() {
    let (scene, _, recording) = recorded();
    let want = Want::Resolve { reference: recording.reference.clone() };
    let without = recording.with_answer(&want, None);
    scene.judge(&without, |_, judged| {
        let reason = &judged.verdict.reasons[0];
        assert_eq!(judged.verdict.decision, Decision::Deny(Class::Unavailable));
        assert_eq!(
            (reason.code, &*reason.message),
            (code::NOT_RECORDED, "the recording has no answer to what registry.test/app:v1 means")
        );
    });
}
