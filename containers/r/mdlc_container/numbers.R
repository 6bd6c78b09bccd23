# Reads CSV without a header as a matrix of numbers; an empty cell is NA.

MISSING <- c("", "NA", "NaN", "nan")

csv_matrix <- function(text, columns, refuse) {
  # text: one string; refuse(...) is called with a message that names line and column.
  lines <- strsplit(text, "\r?\n")[[1]]
  if (columns > 1) lines <- lines[nzchar(lines)]
  if (!length(lines)) refuse("The body is empty: send one row a line.")
  numbers <- NULL
  # scan() is the fast way, and says neither line nor column. It also reads 0x1f and 1d5.
  if (columns > 1 && !grepl("[xXdDpP\"' ]", text)) {
    numbers <- tryCatch(
      scan(text = lines, what = double(), sep = ",", quiet = TRUE, na.strings = MISSING),
      error = function(error) NULL
    )
  }
  commas <- nchar(gsub("[^,]", "", lines))
  if (is.null(numbers) || any(commas != columns - 1)) return(careful_matrix(lines, columns, refuse))
  matrix(numbers, ncol = columns, byrow = TRUE)
}

careful_matrix <- function(lines, columns, refuse) {
  rows <- vector("list", length(lines))
  for (line in seq_along(lines)) {
    cells <- strsplit(paste0(lines[line], ",."), ",", fixed = TRUE)[[1]]
    cells <- trimws(cells[-length(cells)])
    if (length(cells) != columns) {
      refuse("Line ", line, " has ", length(cells), " values, the model takes ", columns, ".")
    }
    missing <- cells %in% MISSING
    plain <- grepl("^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?[iI]nf(inity)?$", cells)
    bad <- which(!missing & !plain)
    if (length(bad)) refuse("Line ", line, ", column ", bad[1], ": ", shown(cells[bad[1]]), " is no number.")
    values <- rep(NA_real_, columns)
    values[!missing] <- as.numeric(cells[!missing])
    rows[[line]] <- values
  }
  matrix(unlist(rows), ncol = columns, byrow = TRUE)
}

read_channel <- function(name, records) {
  # The rows, labels and weights of all CSV files of a channel.
  folder <- file.path(base, "input", "data", name)
  names <- c(records$label, if (records$weighted) "row weight", records$columns)
  files <- list.files(folder, recursive = TRUE, full.names = TRUE)
  parts <- lapply(files[file.size(files) > 0], function(path) {
    numbers <- tryCatch(
      scan(path, what = double(), sep = ",", quiet = TRUE, na.strings = MISSING),
      error = function(error) {
        container_error(basename(path), " of channel '", name, "' cannot be read: ", conditionMessage(error))
      }
    )
    first <- length(strsplit(paste0(readLines(path, 1), ",."), ",", fixed = TRUE)[[1]]) - 1
    if (first != length(names) || length(numbers) %% first != 0) {
      container_error(
        basename(path), " of channel '", name, "' has ", first, " columns, and ", length(names),
        " are declared: ", paste(names, collapse = ", ")
      )
    }
    matrix(numbers, ncol = first, byrow = TRUE)
  })
  if (!length(parts)) container_error("channel '", name, "' has no rows: its folder ", folder, " holds no CSV file")
  whole <- do.call(rbind, parts)
  before <- length(names) - length(records$columns)
  rows <- as.data.frame(whole[, before + seq_along(records$columns), drop = FALSE])
  names(rows) <- records$columns
  list(
    rows = rows,
    label = if (is.null(records$label)) NULL else whole[, 1],
    weight = if (records$weighted) whole[, before] else NULL
  )
}
