# What model.tar.gz holds: the model, the code that made its features, and container.json with the code's digest.
#
# Serving runs the code of the artifact, and never that of its image.

write_artifact <- function(folder, model, code, records, chosen) {
  if (is.null(code$save)) saveRDS(model, file.path(folder, "model.rds")) else code$save(model, folder)
  copy_code(own_code, file.path(folder, "code"))
  facts <- list(
    schema_version = 1L, language = "r", code_sha256 = code_digest(file.path(folder, "code")),
    columns = as.list(records$columns), label = records$label, task = records$task,
    hyperparameters = if (length(chosen)) chosen else structure(list(), names = character())
  )
  writeLines(jsonlite::toJSON(facts, auto_unbox = TRUE, pretty = TRUE, null = "null"), file.path(folder, "container.json"))
}

read_artifact <- function(folder) {
  facts <- tryCatch(
    jsonlite::fromJSON(file.path(folder, "container.json"), simplifyVector = FALSE),
    error = function(error) list(), warning = function(warning) list()
  )
  if (is.null(facts$code_sha256) || is.null(facts$columns)) {
    container_error(folder, " holds no container.json of a training with this container: train the model with it")
  }
  if (!identical(facts$language, "r")) {
    container_error("container.json is of a container in '", facts$language, "', and this one is R")
  }
  if (!identical(code_digest(file.path(folder, "code")), facts$code_sha256)) {
    container_error(
      "the code in code/ of model.tar.gz is not the code that the model was trained with (its digest is not that ",
      "of container.json): features would differ from those of training; train again instead"
    )
  }
  code <- load_code(file.path(folder, "code"))
  model <- if (is.null(code$load)) readRDS(file.path(folder, "model.rds")) else code$load(folder)
  list(model = model, code = code, columns = as.character(unlist(facts$columns)))
}
