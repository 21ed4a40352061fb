package api

import (
	"errors"
	"net/http"
	"time"

	"callout/internal/operate"
)

// importRecipients reads local recipients from a body of CSV.
func (c *call) importRecipients(domain string, replace bool) (operate.RecipientsChanged, error) {
	if c.r.ContentLength > maxCSV { // not read at all
		return operate.RecipientsChanged{}, &http.MaxBytesError{Limit: maxCSV}
	}
	done, err := c.api.desk.ImportRecipients(c.Context(), c.who, domain, newPatient(c.w, c.r, maxCSV), replace, func(int, bool) {})
	if wrong, ok := errors.AsType[*operate.RowsError](err); ok {
		return done, wrongRows(wrong)
	}
	return done, err
}

// wrongRows words each row that can't be used.
func wrongRows(wrong *operate.RowsError) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, wrong.Error())
	for _, row := range wrong.Rows {
		p.Errors = append(p.Errors, ErrorDetail{row.Where(), row.Text})
	}
	return p
}

// export writes an answer as CSV. It begins with the first of it, so that what fails before is a problem.
type export struct{ c *call }

func (e *export) Write(b []byte) (int, error) {
	if !e.c.answered {
		e.c.answered = true
		h := e.c.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present") // RFC 4180 section 3
		h.Set("Content-Disposition", `attachment; filename="recipients.csv"`)
		e.c.w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(e.c.w).SetWriteDeadline(time.Now().Add(toWrite))
	return e.c.w.Write(b)
}
