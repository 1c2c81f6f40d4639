# Writes data/credit_data.csv and data/ames.csv from Debian's r-cran-modeldata.
# Run it with: Rscript examples/export.R
# Missing values become empty cells, numbers keep 15 digits, text loses blanks at its ends.
suppressMessages(library(modeldata))

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))

export <- function(table, file) {
  table <- as.data.frame(table)
  for (name in names(table)) {
    column <- table[[name]]
    if (is.factor(column)) stopifnot(!grepl('[",\n]', levels(column)))
    table[[name]] <- if (is.numeric(column)) {
      ifelse(is.na(column), "", trimws(formatC(column, digits = 15, format = "g")))
    } else {
      ifelse(is.na(column), "", trimws(as.character(column)))
    }
  }
  out <- file(file.path(here, "data", file), open = "wb", encoding = "UTF-8")
  write.table(table, out, sep = ",", quote = FALSE, row.names = FALSE, eol = "\n")
  close(out)
}

data(credit_data, package = "modeldata")
data(ames, package = "modeldata")

# the target is the event to foresee: 1 for a loan that went bad
credit <- data.frame(bad = as.integer(credit_data$Status == "bad"),
                     credit_data[names(credit_data) != "Status"])
export(credit, "credit_data.csv")
export(ames, "ames.csv")
