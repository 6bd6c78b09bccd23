# SageMaker's container contract over HTTP: GET /ping, POST /invocations, GET /execution-parameters.

TEXT <- "text/plain; charset=utf-8"

LINGER_SECONDS <- 1
# After SIGTERM, requests are served so long: those that were sent before it may still be in a connection.

GRACE_SECONDS <- 25
# With LINGER_SECONDS less than SageMaker's 30 seconds between SIGTERM and SIGKILL.

run_server <- function() {
  loaded <- tryCatch(read_artifact(file.path(base, "model")), error = function(error) {
    log_line("ERROR", "the model cannot be loaded: ", conditionMessage(error))
    NULL
  })
  if (is.null(loaded)) return(1L)
  version <- version_json(Sys.getenv("MDLC_MODEL_VERSION"))
  host <- Sys.getenv("MDLC_BIND_HOST", "0.0.0.0")
  port <- as.integer(Sys.getenv("SAGEMAKER_BIND_TO_PORT", "8080"))
  offer <- sprintf("{\"MaxConcurrentTransforms\": %d, \"BatchStrategy\": \"MULTI_RECORD\", \"MaxPayloadInMB\": 6}", workers())
  handle <- function(request) {
    asked <- paste(request$REQUEST_METHOD, request$PATH_INFO)
    if (asked == "POST /invocations") {
      bytes <- request$rook.input$read()
      kind <- media_type(request$CONTENT_TYPE, request$HTTP_CONTENT_TYPE)
      accept <- media_type(request$HTTP_ACCEPT)
      f <- function() invoke(loaded, version, bytes, if (nzchar(kind)) kind else CSV, accept)
      result <- do_work(length(bytes), f)
      return(if (promises::is.promising(result)) promises::then(result, respond) else respond(result))
    }
    respond(switch(
      asked,
      "GET /ping" = list(status = 200L, kind = TEXT, body = ""),
      "GET /execution-parameters" = list(status = 200L, kind = JSON, body = offer),
      list(status = 404L, kind = TEXT, body = "POST /invocations or GET /ping.\n")
    ))
  }
  server <- httpuv::startServer(host, port, list(call = handle))
  serve_until_stopped()
  httpuv::stopServer(server)
  0L
}

serve_until_stopped <- function() {
  while (!stopping()) httpuv::service(100)
  until <- Sys.time() + LINGER_SECONDS
  while (Sys.time() < until) httpuv::service(50)
  until <- Sys.time() + GRACE_SECONDS
  while (busy() > 0 && Sys.time() < until) httpuv::service(50)
  # What was answered last is written by httpuv's own thread.
  httpuv::service(100)
}

invoke <- function(loaded, version, bytes, kind, accept) {
  tryCatch(
    {
      answered <- answer(loaded, version, bytes, kind, accept)
      list(status = 200L, kind = answered$kind, body = answered$body)
    },
    request_error = function(error) list(status = error$status, kind = TEXT, body = paste0(conditionMessage(error), "\n")),
    error = function(error) {
      log_line("ERROR", "the model failed: ", conditionMessage(error))
      list(status = 500L, kind = TEXT, body = "The model failed: its log says why.\n")
    }
  )
}

respond <- function(result) {
  headers <- list("Content-Type" = result$kind)
  if (stopping()) headers[["Connection"]] <- "close"
  list(status = result$status, headers = headers, body = enc2utf8(result$body))
}

media_type <- function(...) {
  given <- c(..., "")[1]
  tolower(trimws(sub(";.*", "", given)))
}
