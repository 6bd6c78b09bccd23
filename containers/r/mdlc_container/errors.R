# Errors with a message for people, and log lines as JSON objects.

container_error <- function(...) {
  # What the team can put right; the message is one sentence.
  stop(structure(class = c("container_error", "error", "condition"), list(message = paste0(...), call = NULL)))
}

request_error <- function(..., status = 400L) {
  # An answer with an HTTP status other than 200; the message is the answer's body.
  text <- paste0(...)
  stop(structure(class = c("request_error", "error", "condition"), list(message = text, call = NULL, status = status)))
}

answer_error <- function(...) {
  # features() or the function that predicts answered what is no answer; the caller is told what, too.
  log_line("ERROR", ...)
  request_error(..., status = 500L)
}

log_line <- function(level, ...) {
  time <- format(Sys.time(), "%Y-%m-%dT%H:%M:%OS3+00:00", tz = "UTC")
  line <- list(time = time, level = level, message = paste0(...))
  cat(jsonlite::toJSON(line, auto_unbox = TRUE), "\n", sep = "")
  flush(stdout())
}

shown <- function(text) {
  text <- trimws(text)
  paste0("'", if (nchar(text) <= 40) text else paste0(substr(text, 1, 40), "\u2026"), "'")
}
