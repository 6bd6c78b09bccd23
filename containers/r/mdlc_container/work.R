# Runs a request's work at once when it will be quick, and in a forked process otherwise, so that /ping is answered
# meanwhile and several cores are used: R itself does one thing at a time.

SMALL_BYTES <- 64 * 1024
QUICK_SECONDS <- 0.05

work <- new.env()
work$running <- 0L
work$waiting <- list()
work$last_seconds <- 0

workers <- function() {
  text <- Sys.getenv("SAGEMAKER_MODEL_SERVER_WORKERS")
  if (!nzchar(text)) return(max(1L, parallel::detectCores()))
  if (!grepl("^[1-9][0-9]*$", text)) {
    container_error("SAGEMAKER_MODEL_SERVER_WORKERS='", text, "': give a number from 1, or leave it out")
  }
  as.integer(text)
}

do_work <- function(size, f) {
  # f never fails, and returns what is to be answered; so does this, or a promise of it.
  if (size <= SMALL_BYTES && work$last_seconds <= QUICK_SECONDS) {
    started <- Sys.time()
    result <- f()
    work$last_seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
    return(result)
  }
  promises::promise(function(resolve, reject) {
    work$waiting <- c(work$waiting, list(list(f = f, resolve = resolve, small = size <= SMALL_BYTES)))
    begin_next()
  })
}

begin_next <- function() {
  while (length(work$waiting) && work$running < workers()) {
    task <- work$waiting[[1]]
    work$waiting <- work$waiting[-1]
    work$running <- work$running + 1L
    begin(task)
  }
}

begin <- function(task) {
  started <- Sys.time()
  job <- parallel::mcparallel(task$f(), mc.set.seed = FALSE, silent = FALSE)
  look <- function() {
    ended <- parallel::mccollect(job, wait = FALSE)
    if (is.null(ended)) {
      later::later(look, 0.01)
      return(invisible())
    }
    # Collected once more, so that the ended process is forgotten.
    suppressWarnings(parallel::mccollect(job, wait = FALSE))
    work$running <- work$running - 1L
    if (task$small) work$last_seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
    result <- ended[[1]]
    task$resolve(if (is.list(result)) result else list(status = 500L, kind = TEXT, body = "The model failed: its log says why.\n"))
    begin_next()
  }
  later::later(look, 0.005)
}

busy <- function() work$running + length(work$waiting)
