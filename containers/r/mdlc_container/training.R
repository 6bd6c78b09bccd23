# Runs a training job: channels and hyperparameters in, the artifact out, a reason for a failure.

STOPPED <- 143L
# 128 and the number of SIGTERM, as entry.sh answers it.

stop_file <- function() Sys.getenv("MDLC_STOP_FILE")

stopping <- function() nzchar(stop_file()) && file.exists(stop_file())

run_training <- function() {
  where <- NULL
  tryCatch(
    withCallingHandlers({
      train_model()
      0L
    }, error = function(error) where <<- conditionCall(error)),
    container_error = function(error) fail(conditionMessage(error)),
    error = function(error) {
      call <- if (is.null(where)) "" else paste0(" (in ", paste(deparse(where, nlines = 1)), ")")
      fail(gsub("\\s*\n\\s*", " ", conditionMessage(error)), call)
    }
  )
}

train_model <- function() {
  code <- load_code(own_code)
  records <- read_records()
  folders <- list.dirs(file.path(base, "input", "data"), recursive = FALSE)
  channels <- as.list(stats::setNames(folders, basename(folders)))
  if (is.null(channels$train)) container_error("there is no channel 'train' below ", file.path(base, "input/data"))
  labels <- if (is.null(records$label)) 0L else 1L
  chosen <- hyperparameters(code$train, read_hyperparameters(), 1L + labels)
  wanted <- intersect(names(formals(code$train)), CONTEXT)
  # entry.sh kills R on SIGTERM where train() does not look whether it should stop.
  if (!"stopping" %in% wanted && nzchar(stop_file())) {
    file.create(paste0(stop_file(), ".hard"))
    # The signal came before: entry.sh has not seen the file of the line above.
    if (stopping()) quit(save = "no", status = STOPPED)
  }
  table <- read_channel("train", records)
  context <- list()
  if ("weight" %in% wanted) context["weight"] <- list(table$weight)
  if ("validation" %in% wanted && !is.null(channels$validation)) {
    validation <- read_channel("validation", records)
    context$validation <- list(rows = prepared_features(code, validation$rows), label = validation$label)
  }
  if ("checkpoints" %in% wanted) {
    context$checkpoints <- file.path(base, "checkpoints")
    dir.create(context$checkpoints, recursive = TRUE, showWarnings = FALSE)
  }
  if ("stopping" %in% wanted) context$stopping <- stopping
  if ("channels" %in% wanted) context$channels <- channels
  rows <- prepared_features(code, table$rows)
  log_line("INFO", "training on ", nrow(rows), " rows of ", ncol(rows), " features")
  arguments <- c(list(rows), if (labels) list(table$label), context, chosen)
  model <- do.call(code$train, arguments, quote = TRUE)
  if (is.null(model)) container_error("train() returned NULL: return the model")
  if (stopping()) log_line("INFO", "stopped: saving what train() returned")
  folder <- file.path(base, "model")
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  write_artifact(folder, model, code, records, chosen)
  log_line("INFO", "trained")
}

prepared_features <- function(code, rows) {
  if (is.null(code$features)) return(rows)
  prepared <- code$features(rows)
  if (NROW(prepared) != nrow(rows)) {
    container_error("features() returned ", NROW(prepared), " rows for ", nrow(rows), ": return one a row")
  }
  prepared
}

fail <- function(reason, where = "") {
  text <- paste0(reason, where)
  log_line("ERROR", text)
  dir.create(file.path(base, "output"), recursive = TRUE, showWarnings = FALSE)
  # SageMaker shows 1024 characters as the job's FailureReason.
  cat(substr(text, 1, 1024), file = file.path(base, "output", "failure"))
  1L
}
