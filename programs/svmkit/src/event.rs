//! Anchor's events: a struct each, and `emit`, which writes its one `Program data:` line.

/// Declares events. A field's kind is `id` (a UUID's 16 bytes), `hash` (32 bytes), `key`, or an integer's type.
#[macro_export]
macro_rules! events {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:tt),* $(,)? })*) => {
        $(
            $(#[$meta])*
            pub struct $name<'a> {
                $($(#[$field_meta])* pub $field: $crate::event_field!(type 'a $kind),)*
            }

            impl $name<'_> {
                #[inline(never)]
                pub fn emit(&self) {
                    let mut event = [0u8; 8 $(+ $crate::event_field!(length $kind))*];
                    let mut writer = $crate::Writer::new(&mut event);
                    writer.bytes(&const { $crate::discriminator(concat!("event:", stringify!($name))) });
                    $($crate::event_field!(write writer, self.$field, $kind);)*
                    writer.end();
                    $crate::emit(&event);
                }
            }
        )*
    };
}

/// One field of an event: its type, its length, and how it is written.
#[doc(hidden)]
#[macro_export]
macro_rules! event_field {
    (type $a:lifetime id) => { &$a [u8; 16] };
    (type $a:lifetime hash) => { &$a [u8; 32] };
    (type $a:lifetime key) => { &$a $crate::Pubkey };
    (type $a:lifetime $integer:tt) => { $integer };
    (length id) => { 16 };
    (length hash) => { 32 };
    (length key) => { 32 };
    (length $integer:tt) => { core::mem::size_of::<$integer>() };
    (write $writer:ident, $value:expr, id) => { $writer.bytes($value) };
    (write $writer:ident, $value:expr, hash) => { $writer.bytes($value) };
    (write $writer:ident, $value:expr, key) => { $writer.key($value) };
    (write $writer:ident, $value:expr, $integer:tt) => { $writer.bytes(&$value.to_le_bytes()) };
}
