use crate::forge::*;
