package api

import (
	"net/http"
	"time"

	"callout/internal/operate"
)

// importRecipients reads local recipients from a body of CSV.
func (c *call) importRecipients(domain string, replace bool) (operate.RecipientsChanged, error) {
	leave, err := c.api.large.admit(c.who)
	if err != nil {
		return operate.RecipientsChanged{}, err
	}
	defer leave()
	if c.r.ContentLength > maxCSV { // not read at all
		return operate.RecipientsChanged{}, &http.MaxBytesError{Limit: maxCSV}
	}
	return c.api.desk.ImportRecipients(c.Context(), c.who, domain, newPatient(c.w, c.r, maxCSV), replace, func(int, bool) {})
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
