# The team's code: evaluated from a folder, copied into the artifact, and known by its digest.

SCRIPT <- "model.R"

load_code <- function(folder) {
  # Evaluate model.R; returns its functions: train, features or NULL, predict, save and load.
  path <- file.path(folder, SCRIPT)
  if (!file.exists(path)) container_error(folder, " holds no ", SCRIPT)
  tryCatch(parse(path, keep.source = FALSE), error = function(error) {
    # R names the whole path, and shows the lines before the place below the message.
    first <- strsplit(conditionMessage(error), "\n", fixed = TRUE)[[1]][1]
    numbered <- sub("^.*?:([0-9]+):[0-9]+: *", ", line \\1: ", first, perl = TRUE)
    container_error(SCRIPT, if (identical(numbered, first)) paste0(": ", first) else numbered)
  })
  environment <- new.env(parent = globalenv())
  working <- setwd(folder)
  on.exit(setwd(working))
  router <- tryCatch(
    suppressWarnings(plumber::Plumber$new(basename(path), envir = environment)),
    error = function(error) container_error(explained(error))
  )
  predicts <- NULL
  for (endpoint in unlist(router$endpoints, use.names = FALSE)) {
    if (endpoint$path == "/invocations" && "POST" %in% endpoint$verbs) predicts <- endpoint$getFunc()
  }
  if (is.null(predicts)) container_error(SCRIPT, " marks no function with `#* @post /invocations`")
  named <- function(name) get0(name, envir = environment, mode = "function", inherits = FALSE)
  if (is.null(named("train"))) container_error(SCRIPT, " has no function train")
  list(
    train = named("train"), features = named("features"), predict = predicts,
    save = named("save_model"), load = named("load_model")
  )
}

explained <- function(error) {
  if (inherits(error, "packageNotFoundError")) {
    return(paste0(
      SCRIPT, " needs the R package ", error$package, ", which is not installed: add r-cran-",
      tolower(error$package), " to packages.txt, and here `apt install r-cran-", tolower(error$package), "`"
    ))
  }
  missing <- regmatches(conditionMessage(error), regexec("there is no package called .(\\w[\\w.]*).", conditionMessage(error), perl = TRUE))[[1]]
  if (length(missing) == 2) return(explained(structure(class = "packageNotFoundError", list(package = missing[2]))))
  # plumber puts the annotation before the message.
  text <- sub("^Error on line #.*? - Error in .*?: ", "", conditionMessage(error), perl = TRUE)
  paste0(SCRIPT, ": ", trimws(gsub("\\s*\n\\s*", " ", text)))
}

code_files <- function(folder) {
  # The files of the code, in order: not hidden.
  sort(list.files(folder, recursive = TRUE, all.files = FALSE), method = "radix")
}

sha256 <- function(bytes) paste(as.character(sodium::sha256(bytes)), collapse = "")

file_bytes <- function(path) readBin(path, "raw", file.size(path))

code_digest <- function(folder) {
  # The SHA-256 digest of the names and contents of the code's files.
  names <- code_files(folder)
  lines <- vapply(names, function(name) paste0(name, " ", sha256(file_bytes(file.path(folder, name))), "\n"), "")
  sha256(charToRaw(paste(lines, collapse = "")))
}

copy_code <- function(folder, target) {
  for (name in code_files(folder)) {
    place <- file.path(target, name)
    dir.create(dirname(place), recursive = TRUE, showWarnings = FALSE)
    file.copy(file.path(folder, name), place, overwrite = TRUE)
  }
}

run_check <- function() {
  tryCatch({
    load_code(own_code)
    0L
  }, container_error = function(error) {
    message(conditionMessage(error))
    1L
  })
}
