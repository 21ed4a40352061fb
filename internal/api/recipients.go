package api

import (
	"net/http"
	"reflect"

	"callout/internal/operate"
)

type recipientList struct {
	DomainPath
	Query  string `query:"query" doc:"Only those that contain this, ASCII case ignored"`
	Cursor string `query:"cursor" doc:"next, or previous, of another page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100000" doc:"How many there are on a page; 1000 where nothing is said"`
}

// RecipientList is what PUT takes: all the local recipients that a domain is to have from run time.
type RecipientList struct {
	Recipients *[]string `json:"recipients"`
}

// recipientListDoc is the same as it is documented.
type recipientListDoc struct {
	Recipients []string `json:"recipients" doc:"local-parts, addresses of the domain, or patterns like sales-*"`
}

// RecipientChange is what PATCH takes.
type RecipientChange struct {
	Add    []string `json:"add,omitempty" doc:"local-parts, addresses of the domain, or patterns like sales-*"`
	Remove []string `json:"remove,omitempty" doc:"likewise, after what was added"`
}

// RecipientsPut is what came of PUT.
type RecipientsPut struct {
	Domain  string `json:"domain"`
	Stored  *int   `json:"stored,omitempty" doc:"How many there are now; absent after CSV"`
	Added   *int   `json:"added,omitempty" doc:"After CSV: the others were there"`
	Removed *int   `json:"removed,omitempty" doc:"After CSV: the others stayed"`
	Heading string `json:"heading,omitempty" doc:"After CSV: what the first row says, where it was taken for a heading and left out"`
}

const csvText = "One recipient in the first column of each row; columns are separated by commas, or by semicolons where the first line has these alone. " +
	"A first row that is a heading is left out, and the answer says so. All rows, or none: a problem names the first 20 rows that can't be used by line and column. At most 64 MiB and 1,000,000 rows."

func (a *API) recipientOperations() {
	const path, tag = "/domains/{domain}/recipients", "Local recipients"
	register(a, operation{
		method: http.MethodGet, path: path, id: "list-recipients", tag: tag, summary: "List the local recipients of a domain",
		description: "With `Accept: text/csv` all of them, whatever the query says.",
		csvOut:      "A heading, and an address and where it is from, file or store, in each row", errors: []int{404},
	}, listRecipients)
	register(a, operation{
		method: http.MethodPut, path: path, id: "set-recipients", tag: tag, summary: "Replace the local recipients that were added at run time",
		example: `{"recipients": ["john", "sales-*"]}`, bodyType: reflect.TypeFor[recipientListDoc](), most: maxList, csvIn: csvText,
		errors: []int{404, 413, 422, 500},
	}, putRecipients)
	register(a, operation{
		method: http.MethodPatch, path: path, id: "change-recipients", tag: tag, summary: "Add and remove local recipients",
		description: "All of it, or nothing. CSV only adds.",
		example:     `{"add": ["john"], "remove": ["jane"]}`, most: maxList, csvIn: csvText, errors: []int{404, 413, 422, 500},
	}, changeRecipients)
}

func listRecipients(c *call, in *recipientList, _ *none) (operate.RecipientPage, error) {
	if !c.accepts("text/csv") {
		return c.api.desk.Recipients(c.Context(), c.who, in.Domain, operate.RecipientQuery{Text: in.Query, Cursor: in.Cursor, Limit: in.Limit})
	}
	out := &export{c: c}
	err := c.api.desk.ExportRecipients(c.Context(), c.who, in.Domain, out)
	if c.answered && err != nil {
		c.api.log.Debug("api: export of recipients broke off", "domain", in.Domain, "err", err) // the client has gone
	}
	return operate.RecipientPage{}, err
}

func putRecipients(c *call, in *DomainPath, body *RecipientList) (RecipientsPut, error) {
	if c.sends("text/csv") {
		done, err := c.importRecipients(in.Domain, true)
		return RecipientsPut{Domain: done.Domain, Added: &done.Added, Removed: &done.Removed, Heading: done.Heading}, err
	}
	if body.Recipients == nil { // not taken for an empty list
		return RecipientsPut{}, newProblem(http.StatusUnprocessableEntity,
			`the body has no recipients; write for example {"recipients": ["john", "sales-*"]}`).about("recipients")
	}
	done, err := c.api.desk.SetRecipients(c.Context(), c.who, in.Domain, *body.Recipients)
	return RecipientsPut{Domain: done.Domain, Stored: &done.Stored}, err
}

func changeRecipients(c *call, in *DomainPath, body *RecipientChange) (operate.RecipientsChanged, error) {
	if c.sends("text/csv") {
		return c.importRecipients(in.Domain, false)
	}
	return c.api.desk.ChangeRecipients(c.Context(), c.who, in.Domain, body.Add, body.Remove)
}
