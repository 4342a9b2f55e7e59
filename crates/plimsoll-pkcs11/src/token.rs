//! Finding a token and logging in.

use crate::{Module, Pin, Pkcs11Error, Uri, UriPin};
use cryptoki::{
    error::{Error, RvError},
    session::{Session, UserType},
    slot::{Slot, TokenInfo},
    types::AuthPin,
};
use plimsoll_core::Escaped;
use std::path::Path;

/// Opens a session that only reads, and logs in where the token demands it.
pub(crate) fn open(
    module: &Module,
    uri: &Uri,
    pin: impl FnOnce(&str) -> Option<Pin>,
) -> Result<(Slot, Session), Pkcs11Error> {
    let (slot, info) = find(module, uri)?;
    let session = module.context().open_ro_session(slot).map_err(Pkcs11Error::failed("C_OpenSession"))?;
    if info.login_required() {
        login(&session, &info, uri, pin)?;
    }
    Ok((slot, session))
}

fn find(module: &Module, uri: &Uri) -> Result<(Slot, TokenInfo), Pkcs11Error> {
    let slots = module.context().get_slots_with_token().map_err(Pkcs11Error::failed("C_GetSlotList"))?;
    let mut found = Vec::new();
    for slot in slots {
        // A slot whose token was pulled out meanwhile is none.
        let Ok(info) = module.context().get_token_info(slot) else { continue };
        if info.token_initialized() && matches(uri, slot, &info) {
            found.push((slot, info));
        }
    }
    match <[_; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(found) => Err(Pkcs11Error::TokenNotFound { found: found.len() }),
    }
}

/// RFC 7512, 2.5: each attribute that is there must match.
fn matches(uri: &Uri, slot: Slot, info: &TokenInfo) -> bool {
    let equal = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
    equal(uri.token(), info.label())
        && equal(uri.manufacturer(), info.manufacturer_id())
        && equal(uri.serial(), info.serial_number())
        && equal(uri.model(), info.model())
        && uri.slot_id().is_none_or(|wanted| wanted == slot.id())
}

fn login(
    session: &Session,
    info: &TokenInfo,
    uri: &Uri,
    pin: impl FnOnce(&str) -> Option<Pin>,
) -> Result<(), Pkcs11Error> {
    let token = || Escaped::new(info.label());
    let refused = |what: &str| Pkcs11Error::PinRefused { token: token(), what: Escaped::new(what) };
    if info.user_pin_locked() {
        return Err(refused("it is locked"));
    }
    if info.user_pin_final_try() {
        return Err(Pkcs11Error::PinLastTry { token: token() });
    }
    let given = of_uri(uri)?.map_or_else(|| pin(info.label()), Some);
    // A token with a keypad of its own takes no PIN from here.
    let given = match given {
        Some(pin) => Some(AuthPin::new(pin.expose().into())),
        None if info.protected_authentication_path() => None,
        None => return Err(Pkcs11Error::PinMissing { token: token() }),
    };
    match session.login(UserType::User, given.as_ref()) {
        // Whoever is logged in is so for the whole process (PKCS#11 2.40, 2.6.6).
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(
            error @ (RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked),
            _,
        )) => Err(refused(name(error))),
        Err(error) => Err(Pkcs11Error::failed("C_Login")(error)),
    }
}

/// The PIN that the URI gives. A source that is no file is the caller's.
fn of_uri(uri: &Uri) -> Result<Option<Pin>, Pkcs11Error> {
    match uri.pin() {
        UriPin::Value(pin) => Ok(Some(pin.clone())),
        // RFC 7512, 2.4: `|` before a command. No command runs here.
        UriPin::Source(source) if source.starts_with('|') => {
            let what = Escaped::new("a command is not run for a PIN");
            Err(Pkcs11Error::PinFile { path: Escaped::new(source), what })
        }
        UriPin::Source(source) => {
            let path = source.strip_prefix("file://").or_else(|| source.strip_prefix("file:")).unwrap_or(source);
            Pin::from_file(Path::new(path)).map(Some)
        }
        UriPin::Unsaid => Ok(None),
    }
}

/// The name of an answer in the standard.
const fn name(error: RvError) -> &'static str {
    match error {
        RvError::PinIncorrect => "CKR_PIN_INCORRECT",
        RvError::PinInvalid => "CKR_PIN_INVALID",
        RvError::PinLenRange => "CKR_PIN_LEN_RANGE",
        RvError::PinExpired => "CKR_PIN_EXPIRED",
        RvError::PinLocked => "CKR_PIN_LOCKED",
        _ => "CKR_GENERAL_ERROR",
    }
}
