# Answers a request with the team's features() and the function that predicts.

answer <- function(loaded, version, bytes, kind, accept) {
  # Returns list(kind, body): the content type and the text.
  rows <- read_body(bytes, kind, loaded$columns)
  numbers <- predictions(loaded, rows)
  kinds <- c(CSV, JSON, JSON_LINES)
  accepted <- if (accept %in% kinds) accept else if (kind %in% kinds) kind else CSV
  list(kind = accepted, body = written(numbers, accepted, version))
}

predictions <- function(loaded, rows) {
  prepared <- if (is.null(loaded$code$features)) rows else loaded$code$features(rows)
  if (NROW(prepared) != nrow(rows)) {
    answer_error("features() gave ", NROW(prepared), " rows for ", nrow(rows), ": return one a row.")
  }
  raw <- loaded$code$predict(loaded$model, prepared)
  if (is.data.frame(raw)) raw <- as.matrix(raw)
  if (!is.numeric(raw)) answer_error("predict() gave no numbers, but ", class(raw)[1], ".")
  numbers <- if (is.matrix(raw)) raw else matrix(raw, ncol = 1)
  if (nrow(numbers) != nrow(rows)) {
    answer_error("predict() gave ", nrow(numbers), " answers for ", nrow(rows), " rows: return one number, or one row of numbers, a row.")
  }
  bad <- which(rowSums(!is.finite(numbers)) > 0)
  if (length(bad)) answer_error("predict() gave a NaN or an infinite number for row ", bad[1], ".")
  unname(numbers)
}

written <- function(numbers, kind, version) {
  texts <- matrix(sprintf("%.17g", numbers), ncol = ncol(numbers))
  joined <- function(mark) apply(texts, 1, paste, collapse = mark)
  if (kind == CSV) {
    lines <- if (ncol(texts) == 1) texts[, 1] else joined(",")
    return(paste0(paste(lines, collapse = "\n"), "\n"))
  }
  scores <- if (ncol(texts) == 1) texts[, 1] else paste0("[", joined(", "), "]")
  rows <- paste0("{\"score\": ", scores, ", \"version\": ", version, "}")
  if (kind == JSON_LINES) return(paste0(paste(rows, collapse = "\n"), "\n"))
  paste0("{\"predictions\": [", paste(rows, collapse = ", "), "]}")
}

version_json <- function(text) {
  if (!nzchar(text)) return("null")
  if (grepl("^[0-9]+$", text)) text else as.character(jsonlite::toJSON(text, auto_unbox = TRUE))
}
