# A team's model that behaves as a row or a hyperparameter asks it to; models/python/model.py does the same.

features <- function(rows) {
  cbind(rows, intercept = 1)
}

train <- function(rows, label, stopping, checkpoints, validation = NULL, behaviour = "fit", rounds = 1L, ridge = 1e-9, verbose = FALSE) {
  begun <- file.path(checkpoints, "rounds.txt")
  done <- if (file.exists(begun)) as.integer(readLines(begun)) else 0L
  if (behaviour == "fail") stop("no such thing")
  if (behaviour == "die") quit(status = 7)
  if (behaviour == "nothing") return(NULL)
  while (behaviour == "wait" && !stopping()) {
    done <- done + 1L
    writeLines(as.character(done), begun)
    Sys.sleep(0.02)
  }
  x <- as.matrix(rows)
  list(weights = solve(crossprod(x) + diag(ridge, ncol(x)), crossprod(x, label)), rounds = done)
}

#* @post /invocations
answers <- function(model, rows) {
  first <- rows$a[1]
  if (first == 999) return(rep(NaN, nrow(rows)))
  if (first == 998) return(rep(0, nrow(rows) - 1))
  if (first == 997) return(rep("nonsense", nrow(rows)))
  if (first == 996) Sys.sleep(1.5)
  if (first == 995) stop("no such thing")
  if (first == 994) stop(simpleError("secret of the model"))
  as.vector(as.matrix(rows) %*% model$weights)
}
