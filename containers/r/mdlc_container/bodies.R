# Reads request bodies as data frames with the names of training: CSV, JSON and JSON Lines.

CSV <- "text/csv"
JSON <- "application/json"
JSON_LINES <- "application/jsonlines"
PARQUET <- c("application/vnd.apache.parquet", "application/x-parquet")

read_body <- function(bytes, kind, names) {
  if (kind %in% PARQUET) {
    request_error(PARQUET[1], " is not read in R, whose Debian packages have no Arrow: send CSV or JSON.", status = 415L)
  }
  if (!kind %in% c(CSV, JSON, JSON_LINES)) {
    request_error("Content type '", kind, "' is not known here: send ", paste(c(CSV, JSON, JSON_LINES), collapse = ", "), ".", status = 415L)
  }
  text <- tryCatch(rawToChar(bytes), error = function(error) request_error("The body holds a zero byte."))
  Encoding(text) <- "UTF-8"
  if (!validUTF8(text)) request_error("The body is no UTF-8.")
  rows <- switch(
    match(kind, c(CSV, JSON, JSON_LINES)),
    as.data.frame(csv_matrix(text, length(names), request_error)),
    frame_of(instances(text), names, "Row "),
    json_lines(text, names)
  )
  stats::setNames(rows, names)
}

parsed <- function(text, where) {
  tryCatch(
    jsonlite::fromJSON(text, simplifyVector = FALSE),
    error = function(error) request_error(where, ": ", shown(text), " is no JSON.")
  )
}

instances <- function(text) {
  document <- parsed(text, "The body")
  rows <- if (!is.null(names(document))) document$instances else document
  if (!is.list(rows)) {
    request_error("Send a list of rows, or {\"instances\": [...]}: each an object by name or an array.")
  }
  rows
}

json_lines <- function(text, names) {
  lines <- strsplit(text, "\n", fixed = TRUE)[[1]]
  places <- which(nzchar(trimws(lines)))
  if (!length(places)) request_error("The body is empty: send at least one row.")
  # All at once is many times as fast; line by line tells which one is wrong.
  rows <- tryCatch(
    jsonlite::fromJSON(paste0("[", paste(lines[places], collapse = ","), "]"), simplifyVector = FALSE),
    error = function(error) NULL
  )
  if (is.null(rows) || length(rows) != length(places)) {
    rows <- lapply(places, function(place) parsed(lines[place], paste("Line", place)))
  }
  frame_of(rows, names, "Line ", places)
}

frame_of <- function(rows, names, word, places = seq_along(rows)) {
  if (!length(rows)) request_error("The body is empty: send at least one row.")
  for (number in seq_along(rows)) {
    row <- rows[[number]]
    where <- paste0(word, places[number])
    if (!is.list(row)) request_error(where, " is neither an object nor an array.")
    if (is.null(base::names(row))) {
      if (length(row) != length(names)) {
        request_error(where, " has ", length(row), " values, the model takes ", length(names), ".")
      }
      next
    }
    absent <- setdiff(names, base::names(row))
    if (length(absent)) request_error(where, " has no column '", absent[1], "': send null for a missing value.")
  }
  arrays <- vapply(rows, function(row) is.null(base::names(row)), NA)
  columns <- lapply(seq_along(names), function(column) {
    values <- lapply(seq_along(rows), function(number) {
      if (arrays[number]) rows[[number]][[column]] else rows[[number]][[names[column]]]
    })
    bad <- which(!vapply(values, function(value) is.null(value) || is.numeric(value), NA))
    if (length(bad)) {
      label <- if (arrays[bad[1]]) column else paste0("'", names[column], "'")
      text <- jsonlite::toJSON(values[[bad[1]]], auto_unbox = TRUE)
      request_error(word, places[bad[1]], ", column ", label, ": ", shown(text), " is no number.")
    }
    vapply(values, function(value) if (is.null(value)) NA_real_ else as.numeric(value), 0)
  })
  as.data.frame(stats::setNames(columns, names), check.names = FALSE, optional = TRUE)
}
