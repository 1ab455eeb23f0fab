//! What the compiler says to those who use it wrongly.

#[test]
fn wrong_uses_do_not_compile_and_the_message_helps() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
