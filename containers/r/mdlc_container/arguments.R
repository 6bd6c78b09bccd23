# The arguments of the team's train(): hyperparameters with the types of its defaults, and the context.

CONTEXT <- c("weight", "validation", "checkpoints", "stopping", "channels")

read_hyperparameters <- function() {
  path <- file.path(base, "input", "config", "hyperparameters.json")
  if (!file.exists(path)) return(list())
  given <- jsonlite::fromJSON(path, simplifyVector = FALSE)
  # SageMaker adds its own to those of a tuning's trials, such as _tuning_objective_metric.
  lapply(given[!startsWith(as.character(names(given)), "_")], as.character)
}

hyperparameters <- function(train, texts, positional) {
  # SageMaker passes texts; what is no context and not positional in train()'s signature is a hyperparameter.
  parameters <- formals(train)
  parameters <- parameters[setdiff(names(parameters)[-seq_len(positional)], CONTEXT)]
  for (name in names(texts)) {
    if (!name %in% names(parameters)) {
      container_error(
        "hyperparameter '", name, "' is no argument of train(): it takes ",
        if (length(parameters)) paste(names(parameters), collapse = ", ") else "none"
      )
    }
  }
  for (name in names(parameters)) {
    required <- is.symbol(parameters[[name]]) && !nzchar(as.character(parameters[[name]]))
    if (required && is.null(texts[[name]])) {
      container_error("train() needs the hyperparameter '", name, "': give it, or a default")
    }
    if (required) parameters[name] <- list(NULL)
  }
  sapply(names(texts), function(name) typed(name, texts[[name]], eval(parameters[[name]], baseenv())), simplify = FALSE)
}

typed <- function(name, text, default) {
  value <- switch(
    class(default)[1],
    logical = if (tolower(text) %in% c("true", "false")) tolower(text) == "true" else NA,
    integer = if (grepl("^[+-]?[0-9]+$", text)) suppressWarnings(as.integer(text)) else NA,
    numeric = suppressWarnings(as.numeric(text)),
    `NULL` = utils::type.convert(text, as.is = TRUE),
    text
  )
  if (is.na(value)) {
    container_error("hyperparameter ", name, "='", text, "' is no ", class(default)[1], ", as train()'s default is")
  }
  value
}
