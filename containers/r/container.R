# The program of a container in R: train, serve, or check while the image is built. entry.sh runs it.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])))
template <- new.env(parent = globalenv())
for (part in c("errors", "code", "records", "arguments", "numbers", "artifact", "training", "bodies", "answers",
               "work", "server")) {
  sys.source(file.path(here, "mdlc_container", paste0(part, ".R")), envir = template)
}
template$own_code <- Sys.getenv("MDLC_CONTAINER_CODE", file.path(here, "own"))
template$base <- Sys.getenv("SAGEMAKER_BASE_DIR", "/opt/ml")

command <- commandArgs(TRUE)[1]
status <- with(template, switch(
  command,
  train = run_training(),
  serve = run_server(),
  check = run_check(),
  {
    message("This image does not know ", shQuote(command), ": it has train and serve.")
    2L
  }
))
quit(save = "no", status = status)
