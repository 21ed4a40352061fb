package web

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callout/internal/access"
)

// upload sends a form with a file, as a script does that wants events for an answer, or as a browser does.
func (b *visitor) upload(path string, script bool, how, content string) *seen {
	b.h.t.Helper()
	return b.send(path, script, func(form *multipart.Writer) {
		if how != "" {
			check(b.h.t, form.WriteField("how", how))
		}
		part, err := form.CreateFormFile("file", "list.csv")
		check(b.h.t, err)
		_, err = io.WriteString(part, content)
		check(b.h.t, err)
	})
}

func (b *visitor) send(path string, script bool, write func(*multipart.Writer)) *seen {
	b.h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	write(form)
	check(b.h.t, form.Close())
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.URL+path, &body)
	check(b.h.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if script {
		r.Header.Set("Accept", "text/event-stream")
	}
	return b.do(r)
}

// stored returns the local recipients of a domain that were added at run time.
func (h *house) stored(domain string) []string {
	_, stored, _ := h.Domains.LocalRecipients(domain)
	return stored
}

func TestLocalRecipientsAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/example.com/recipients"
	h.User.get(page).status(http.StatusOK).shows("This list makes no difference now", "Ask who runs this server.").hides("Change the mode")
	h.Admin.get(page).shows("Choose the mode list or list+callout to use it.", "Change the mode").has(`href="/domains/example.com/edit"`)
	h.User.get(page).shows("No local recipients Local recipients exist whatever a destination says.")
	h.Admin.get("/domains/list.test/recipients").shows("The mode is list: while there are none, all mail is deferred.").hides("makes no difference")
	h.User.post(page, "do", "add", "add", "john\r\n\r\nMary@example.com\r\nsales-*@example.org\r\n").at(page).
		shows("Added: 3 local recipients.", "john", "mary", "sales-*", "3 local recipients")
	h.User.post(page, "do", "add", "add", "john").shows("Added: 0 local recipients. Any others were there already.")
	bad := h.User.post(page, "do", "add", "add", "new\njane@other.test").status(http.StatusUnprocessableEntity).shows("is not at this domain", "jane@other.test")
	if bad.wrongField() != "add" || len(h.stored("example.com")) != 3 {
		t.Errorf("the error stands at %q, and there are %q", bad.wrongField(), h.stored("example.com"))
	}
	h.User.post(page, "do", "add", "add", " \n").status(http.StatusUnprocessableEntity).shows("Write at least one.")
	confirm := h.User.post(page, "do", "remove", "sel", "john", "sel", "sales-*").shows("This removes 2 local recipients of example.com: john, sales-*.")
	if len(h.stored("example.com")) != 3 {
		t.Error("they went before it was confirmed")
	}
	h.User.post(page, confirm.fields()...).at(page).shows("Removed: 2 local recipients.", "1 local recipient")
	if got := h.stored("example.com"); !slices.Equal(got, []string{"mary"}) {
		t.Errorf("left: %q", got)
	}
	h.User.post(page, "do", "remove").at(page)
	h.User.post(page, "do", "else").status(http.StatusBadRequest)
	h.User.get(page + "?q=nobody").shows("No local recipient fits")
}

func TestLocalRecipientsOfTheFileStay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/file.test/recipients"
	file := h.Admin.post(page, "do", "add", "add", "zoe").shows("boss file: read-only here", "sales-* file: read-only here", "zoe added here", "3 local recipients")
	if strings.Count(file.Body, `name="sel"`) != 1 {
		t.Error("one that is read-only can be selected")
	}
	if got := h.Admin.get("/domains/file.test/recipients.csv"); got.Body != "recipient,origin\nboss@file.test,file\nsales-*@file.test,file\nzoe@file.test,store\n" ||
		got.head.Get("Content-Disposition") != `attachment; filename="recipients-file.test.csv"` {
		t.Errorf("exported: %s %v", got.Body, got.head)
	}
}

func TestPagesOfLocalRecipients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var all []string
	for i := range 450 {
		all = append(all, fmt.Sprintf("r%03d", i))
	}
	_, err := h.Desk.SetRecipients(t.Context(), h.Root, "example.com", all)
	check(t, err)
	first := h.User.get("/domains/example.com/recipients").shows("r000", "r199", "450 local recipients").hides("r200")
	second := h.User.get(first.link("Next →")).shows("r200", "r399").hides("r400")
	h.User.get(second.link("← Previous")).shows("r000").hides("r200")
	h.User.get("/domains/example.com/recipients?q=44").shows("r044", "r144", "r449", "14 local recipients")
}

func TestAFileIsImportedWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/example.com/recipients"
	h.User.upload(page+"/import", false, "add", "address,name\njohn@example.com,John\nmary,\"Mary, J\"\n").at(page).
		shows("Imported: 2 were added, 0 were removed. The list holds 2 local recipients now. Row 1 (\"address\") was taken as a heading.", "john", "mary").
		shows("If the file takes its place, those of the 2 local recipients added here that are not in it are removed.")
	h.User.upload(page+"/import", false, "replace", "zoe\n").at(page).shows("Imported: 1 was added, 2 were removed. The list holds 1 local recipient now.").hides("heading")
	h.User.upload(page+"/import", false, "add", "yan\n").shows("Imported: 1 was added, 0 were removed. The list holds 2 local recipients now.")
	h.User.upload(page+"/import", false, "replace", "zoe\n")
	for name, c := range map[string]struct {
		how, content string
		code         int
		says         string
	}{
		"several rows":      {"add", "a@other.test\nb\nc@other.test\n", 422, "2 rows can't be used; nothing was imported."},
		"one row only":      {"add", "b\nc@other.test\n", 422, "Line 2, column 1: "},
		"a foreign address": {"replace", "a\nb\n x@other.test\n", 422, "Line 3, column 2: "},
		"a broken quote":    {"add", "a\nb\"c\"\n", 422, "Line 2, column 2: quotes"},
		"no choice":         {"", "a\n", 400, "how=add or how=replace"},
		"another choice":    {"all", "a\n", 400, "how is add or replace"},
	} {
		t.Run(name, func(t *testing.T) {
			h.User.upload(page+"/import", false, c.how, c.content).status(c.code).shows(c.says)
			if got := h.stored("example.com"); !slices.Equal(got, []string{"zoe"}) {
				t.Errorf("half imported: %q", got)
			}
		})
	}
	h.User.send(page+"/import", false, func(form *multipart.Writer) { check(t, form.WriteField("how", "add")) }).
		status(http.StatusUnprocessableEntity).shows("Choose a file to import.")
	h.User.post(page+"/import", "how", "add").status(http.StatusBadRequest).shows("multipart/form-data")
	h.User.upload("/domains/other.test/recipients/import", false, "add", "a\n").status(http.StatusNotFound)
}

// Rows and lines that can't be used are named one by one, as text, whichever way they came.
func TestAllThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/example.com/recipients"
	const file = "a@other.test\nb\n<i>@other.test\n"
	h.User.upload(page+"/import", false, "add", file).status(422).
		shows("2 rows can't be used; nothing was imported.", "Line 1, column 1: ", "Line 3, column 1: ").hides("There may be more.").has("&lt;i&gt;@other.test")
	h.User.upload(page+"/import", false, "add", strings.Repeat("a@other.test\n", 30)).status(422).
		shows("At least 20 rows can't be used; nothing was imported.", "Line 20, column 1: ", "There may be more.").hides("Line 21")
	got := h.User.upload(page+"/import", true, "add", file).status(422)
	if !strings.HasPrefix(got.Body, "event: report\ndata: {\"html\":") || !strings.Contains(got.Body, "Line 3, column 1: ") || strings.Contains(got.Body, "<i>") ||
		!strings.Contains(got.Body, `event: result`+"\n"+`data: {"kind":"bad","text":"2 rows can't be used; nothing was imported."}`) {
		t.Errorf("%s", got.Body)
	}
	h.User.post(page, "do", "add", "add", "zoe\r\n\r\na@other.test\r\nfoo bar\r\n").status(422).
		shows("2 rows can't be used; nothing was added.", `Line 3: "a@other.test" is not at this domain`, `Line 4: "foo bar" is not a local recipient`)
	if got := h.stored("example.com"); len(got) != 0 {
		t.Errorf("half imported: %q", got)
	}
}

func TestWrongRowsStandBelowTheUploadUntilTheNext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "list.csv")
		check(t, os.WriteFile(name, []byte(content), 0o600))
		return name
	}
	p := h.enter(t, "user", "/domains/example.com/recipients")
	p.Allow("422")
	p.Upload("CSV file", file("a@other.test\nb\nc@other.test\n"))
	p.Click("Import")
	p.In(".upload .outcome").WaitText("✕ 2 rows can't be used; nothing was imported.")
	p.In("[data-report]").WaitText("Line 3, column 1")
	p.Axe()
	p.Upload("CSV file", file("E-Mail\rb\rc\r"))
	p.Click("Import")
	p.In(".upload .outcome").WaitText("2 added, 0 removed. Row 1 (\"E-Mail\") was taken as a heading.")
	p.In("#held").WaitText("of the 2 local recipients added here")
	if left := p.Texts("[data-report] li"); len(left) != 0 {
		t.Errorf("what was wrong before is there still: %q", left)
	}
}

// The bound on imports is one for all ways that they come by.
func TestImportsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/example.com/recipients"
	user := &access.Actor{Name: "user", Via: "api", Token: "of theirs"}
	for range 2 {
		leave, err := h.Desk.AdmitImport(user)
		check(t, err)
		defer leave()
	}
	for _, script := range []bool{false, true} {
		got := h.User.upload(page+"/import", script, "add", "a\n").status(http.StatusTooManyRequests)
		if !strings.Contains(got.Body, "Too many imports at a time; end one, or try again in a minute.") {
			t.Errorf("%s", got.Body)
		}
	}
	h.Admin.upload(page+"/import", false, "add", "a\n").at(page)
}

func TestAFileIsImportedWithScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const at = "/domains/example.com/recipients/import"
	var file strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&file, "user%05d@example.com,some name\n", i)
	}
	got := h.User.upload(at, true, "replace", file.String()).status(http.StatusOK)
	if want := `event: progress
data: {"done":50000,"text":"50` + thin + `000 read, being stored","total":50000}

event: result
data: {"kind":"ok","word":"Imported","text":"50` + thin + `000 recipients read: 50` + thin + `000 added, 0 removed.","changed":true}

`; got.Body != want || got.head.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s\n%s", got.head, got.Body)
	}
	if got := h.User.upload(at, true, "add", "E-Mail,Name\nuser00000,x\n"); !strings.Contains(got.Body, ` removed. Row 1 (\"E-Mail\") was taken as a heading.`) {
		t.Errorf("%s", got.Body)
	}
	bad := h.User.upload(at, true, "add", file.String()+"no@where.test\n"+file.String()).status(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(bad.Body, `event: result`+"\n"+`data: {"kind":"bad","text":"Line 50001, column 1: `) || bad.head.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s\n%s", bad.head, bad.Body)
	}
	if n := len(h.stored("example.com")); n != 50_000 {
		t.Errorf("%d are stored", n)
	}
	h.User.upload("/domains/other.test/recipients/import", true, "add", "a\n").status(http.StatusNotFound)
}

// TestAnUploadThatIsTooLargeChangesNothing sends it without saying beforehand how large it is.
func TestAnUploadThatIsTooLargeChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	front := "--x\r\nContent-Disposition: form-data; name=\"how\"\r\n\r\nadd\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
	line := "a," + strings.Repeat("x", 1<<16) + "\n" // its first column counts
	body := io.MultiReader(strings.NewReader(front), &repeated{line: line, left: (uploadLimit + 1<<20) / len(line)})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/domains/example.com/recipients/import", body)
	check(t, err)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Expect", "")
	h.User.do(r).status(http.StatusRequestEntityTooLarge).shows("64 MiB is the most")
	if n := len(h.stored("example.com")); n != 0 {
		t.Errorf("%d are stored", n)
	}
}

// repeated is a line again and again.
type repeated struct {
	line string
	at   int
	left int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n = copy(p, r.line[r.at:])
	if r.at += n; r.at == len(r.line) {
		r.at, r.left = 0, r.left-1
	}
	return n, nil
}
