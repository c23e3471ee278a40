//! The program `linebot`. Everything is in its library, where tests can reach it.

fn main() -> std::process::ExitCode {
    linebot::run()
}
