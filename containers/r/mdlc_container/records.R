# What the training workflow says about its records: JSON text in the variables MDLC_RECORDS_1, MDLC_RECORDS_2, ...

read_records <- function() {
  text <- ""
  number <- 1
  while (nzchar(part <- Sys.getenv(paste0("MDLC_RECORDS_", number)))) {
    text <- paste0(text, part)
    number <- number + 1
  }
  if (number == 1) {
    container_error(
      "MDLC_RECORDS_1 is not set, so the columns have no names: the training workflow sets it; where you train ",
      "by hand, set it to {\"columns\": [\"age\", \"spent\"], \"label\": \"left\"}"
    )
  }
  document <- tryCatch(jsonlite::fromJSON(text, simplifyVector = FALSE), error = function(error) NULL)
  if (is.null(document$columns)) container_error("MDLC_RECORDS_1 and the following are no JSON with columns")
  list(
    columns = as.character(unlist(document$columns)), label = document$label,
    weighted = isTRUE(document$weighted), task = document$task, classes = as.character(unlist(document$classes))
  )
}
