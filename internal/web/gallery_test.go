package web

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// hostile is what a stranger may send wherever text is shown.
const hostile = `"><img src=x onerror=alert(1)>'{{.}}</script>` + "\x00\x1b[31m\r\n\u202egnp.exe\u200b\xff"

type galleryRow struct {
	Address, Verdict, Reply string
	Asked                   time.Time
	Left                    time.Duration
}

type galleryHost struct {
	Name, State, Problem string
	Sessions, Queue      int
}

// gallery is every block once, with what real pages would show.
type gallery struct {
	Strip    Strip
	Tiles    []Tile
	Charts   []Chart
	List     *List
	Filter   Filter
	Rows     []galleryRow
	Pager    Pager
	Hosts    *List
	HostRows []galleryHost
	Address  Field
	Dialogue Dialogue
	Notices  []Notice
	Facts    [][2]string
	Empty    Empty
	Refused  []Link
	Fields   []Field
	Upload   Upload
	Confirm  Confirm
	Code     Code
}

// withGallery adds the gallery, and pages of a test's own, to the real templates.
func withGallery(t *testing.T, more fstest.MapFS) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(templateFiles, "templates", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := templateFiles.ReadFile(name)
		all[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("testdata/gallery.html")
	if err != nil {
		t.Fatal(err)
	}
	all["templates/pages/gallery.html"] = &fstest.MapFile{Data: page}
	for name, file := range more {
		all[name] = file
	}
	return all
}

func newTestShell(t *testing.T, more fstest.MapFS) *Shell {
	t.Helper()
	s, err := newShell(ShellOptions{Log: slog.New(slog.DiscardHandler)}, withGallery(t, more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func galleryPage(r *http.Request, said string) *Page {
	now := time.Now()
	list := ReadList(r, ListSpec{Filters: []string{"q", "verdict"}, Sorts: []string{"address", "asked"}, Columns: []Column{
		{Label: "All on this page", All: true}, {Key: "address", Label: "Recipient"}, {Label: "Verdict"}, {Key: "asked", Label: "Asked"}, {Label: "Life left", Num: true}, {Label: "The destination said"},
	}})
	hosts := ReadList(r, ListSpec{Sorts: []string{"name"}, Columns: []Column{
		{Key: "name", Label: "Host"}, {Label: "State"}, {Label: "Sessions", Num: true}, {Label: "Queue", Num: true}, {Label: "Last problem"},
	}})
	shown := "6 of 12 040 recipients"
	if q := list.Get("q"); q != "" {
		shown = "6 recipients that begin with " + q
	}
	fields := []Field{{Name: "name", Label: "Domain", Mono: true, Required: true, Marked: true, Value: said, Error: "example..com is not a domain: it has an empty label."}, {Name: "destinations", Label: "Destinations", Type: "textarea", Rows: 3, Mono: true, Help: "One host a line, in the order they are tried.", Placeholder: "mx1.example.com:25"}, {Name: "mode", Label: "Mode", Type: "select", Options: Choices("list", "callout", "ask the destination", "list", "local recipients alone")}, {Name: "enforce", Label: "Refuse unknown recipients", Type: "checkbox", Value: "on", Help: "Off: everything is accepted, and shown as what would have been refused."}}
	series := []Series{{"accepted", "Accepted", 1}, {"rejected", "Rejected", 2}, {"deferred", "Deferred", 3}}
	return &Page{
		Title: "example.com", Sub: "Served since 12 March, from the configuration file", Mono: true, Active: "domains", Charts: true, Open: 2,
		User: &Viewer{Name: "postmaster@example.com", Admin: true}, Crumbs: []Link{{"Domains", "/domains"}},
		Flash: "Cleared: 1 204 cached verdicts went. The next question for each asks the destination.",
		Tabs:  []Tab{{"Overview", "#", true}, {"Recipients", "#", false}, {"Settings", "#", false}, {"Doctor", "#", false}},
		Data: gallery{
			Strip: Strip{Kind: "ok", Word: "Verifies properly", Text: "Unknown recipients are refused by mx1.example.com; the last answer came in 34 ms.", Do: "Nothing to do.", Link: Link{"Test an address", "#"}},
			Tiles: []Tile{
				{Label: "Questions", Value: "1 204", Unit: "/s", Note: "busiest hour: 3 110/s"}, {Label: "From cache", Value: Percent(.973), Note: "of all decisions"},
				{Label: "Callouts", Value: Rate(3.24), Unit: "/s", Note: "2 waiting", URL: "/destinations"}, {Label: "Refused", Value: "12.4", Unit: "/s", Note: "unknown recipients"},
				{Label: "Destinations", Value: "2", Unit: "in trouble", Kind: "warn", Note: "of 148", URL: "/destinations"}, {Label: "Alerts", Value: "1", Unit: "open", Kind: "bad", Note: "since 3 h", URL: "/alerts"},
			},
			Charts: []Chart{
				{ID: "chart-decisions", Title: "Decisions", URL: "/chart.json", Unit: "/s", Series: series, Text: "Over the last hour 18 decisions a second: 14 accepted, 3 rejected, 1 deferred.", Spans: []Tab{{"Hour", "?span=hour", true}, {"Day", "?span=day", false}, {"30 days", "?span=month", false}}},
				{ID: "chart-callouts", Title: "Callouts", URL: "/chart.json", Unit: "/s", Series: []Series{{"deferred", "Callouts", 4}, {"gone", "Failed", 2}}, Text: "Over the last hour 2 callouts a second."},
			},
			List:   list,
			Filter: Filter{list, []Field{{Name: "q", Label: "Address begins with", Type: "search", Value: list.Get("q"), Mono: true}, {Name: "verdict", Label: "Verdict", Type: "select", Options: Choices(list.Get("verdict"), "", "any", "valid", "valid", "invalid", "invalid")}}},
			Rows: []galleryRow{
				{"anna.berg@example.com", "valid", "250 2.1.5 Ok", now.Add(-3 * time.Minute), 95*time.Hour + 57*time.Minute},
				{"info@example.com", "valid", "250 Accepted", now.Add(-11 * time.Hour), 85 * time.Hour},
				{"nobody-here@example.com", "invalid", "550 5.1.1 <nobody-here@example.com>: Recipient address rejected: User unknown in virtual mailbox table", now.Add(-50 * time.Second), 119*time.Minute + 10*time.Second},
				{"slow@example.com", "unknown", "451 4.7.1 Greylisting in action, please come back in 00:05:00", now.Add(-2 * time.Second), time.Second},
				{said, "valid", said, now.Add(-30 * time.Hour), 66 * time.Hour},
				{strings.Repeat("a-very-long-local-part-", 6) + "end@a.department.of.some.university.example.com", "invalid", "550 no", now.Add(-90 * time.Minute), 30 * time.Minute},
			},
			Pager: Pager{Prev: list.Before("a"), Next: list.After("z"), Shown: shown, Clear: list.Clear()},
			Hosts: hosts,
			HostRows: []galleryHost{
				{"mx1.example.com [192.0.2.25]:25", "up", "", 3, 0}, {"mx2.example.com [2001:db8::25]:25", "trouble", "421 4.3.2 too many connections", 1, 12},
				{"mail.example.net [198.51.100.7]:25", "back_off", "connect: connection refused; tried again in 40 s", 0, 130},
			},
			Address: Field{Name: "address", Label: "Address", Mono: true, Required: true, Help: "One live question to the destination. The cache takes the answer over.", Value: "anna.berg@example.com"},
			Dialogue: Dialogue{Label: "Dialogue with mx1.example.com", Lines: []Line{
				{0, "*", "connecting to mx1.example.com [192.0.2.25]:25"}, {12 * time.Millisecond, "S", "220 mx1.example.com ESMTP Postfix (Debian)"}, {12 * time.Millisecond, "C", "EHLO filter.example.net"},
				{15 * time.Millisecond, "S", "250-PIPELINING"}, {15 * time.Millisecond, "S", "250 SMTPUTF8"}, {16 * time.Millisecond, "C", "MAIL FROM:<>"}, {16 * time.Millisecond, "C", "RCPT TO:<nobody-here@example.com>"},
				{19 * time.Millisecond, "S", "250 2.1.0 Ok"}, {1034 * time.Millisecond, "S", "550 5.1.1 <nobody-here@example.com>: Recipient address rejected: User unknown in virtual mailbox table"}, {1100 * time.Millisecond, "S", said},
			}},
			Notices: []Notice{
				{Kind: "bad", Title: "mail.example.net can't be reached", Text: "Questions for 3 domains are deferred.", Do: "See whether the server runs and lets this host in on port 25.", Since: now.Add(-3 * time.Hour), Link: Link{"Ask the doctor", "#"}},
				{Kind: "warn", Title: "shop.example accepts everything", Text: said, Since: now.Add(-26 * time.Hour)},
				{Kind: "info", Title: "example.org is paused", Text: "Everything is accepted.", Since: now.Add(-time.Hour), Until: now},
			},
			Facts:   [][2]string{{"Mode", "callout"}, {"Destinations", "mx1.example.com:25, mx2.example.com:25"}, {"Catch-all", "no: a random address was refused 20 min ago"}, {"Said", said}},
			Empty:   Empty{"No domain yet", "Callout answers questions for the domains that are listed here, and has no opinion on others.", []Link{{"Add a domain", "#"}}},
			Refused: refused(fields),
			Fields:  fields,
			Upload:  Upload{URL: "/upload", Name: "file", Label: "CSV file", Help: "One address a line. The list is replaced as a whole, or not at all.", Accept: ".csv,text/csv"},
			Confirm: Confirm{Text: "This clears 12 040 cached verdicts of example.com and its 2 aliases.", Keeps: "Settings and local recipients stay. Every next question asks the destination.", Word: "example.com", Error: "That is not example.com.", URL: "/clear", Button: "Clear 12 040 verdicts", Back: "#", Hidden: [][2]string{{"status", "all"}}},
			Code:    Code{"Token for panel (shown once)", "callout_8fjK2mZ0aQpLw9Xc4RtYuIoPbNmVcXzAsDfGhJkL", "Keep it now: only its hash is stored."},
		},
	}
}

var documented = regexp.MustCompile(`(?m)(?:^//\t|\s{2,})([a-z]+) (?:\[\]|\*)?[A-Z][a-z]+\s`)

// What there is to build a page of can be looked at.
func TestTheGalleryHasEveryBlock(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	check(t, err)
	page, err := os.ReadFile("testdata/gallery.html")
	check(t, err)
	_, blocks, _ := strings.Cut(string(doc), "# STYLE: blocks")
	blocks, _, _ = strings.Cut(blocks, "Markup of your own")
	all := documented.FindAllStringSubmatch(blocks, -1)
	if len(all) < 14 {
		t.Fatalf("only %d blocks are documented: %q", len(all), all)
	}
	for _, m := range all {
		if !strings.Contains(string(page), `{{template "`+m[1]+`" `) {
			t.Errorf("the gallery has no %s", m[1])
		}
	}
}

// galleryHandler serves the gallery with what its live blocks ask for.
func galleryHandler(s *Shell) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/static/", s.Static())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "broken" {
			s.Error(w, r, http.StatusInternalServerError, "The list can't be read.")
			return
		}
		s.Page(w, r, http.StatusOK, "gallery", galleryPage(r, hostile))
	})
	mux.HandleFunc("GET /chart.json", serveChart)
	mux.HandleFunc("GET /tail", serveTail)
	mux.HandleFunc("POST /stream", serveStream)
	mux.HandleFunc("POST /upload", serveUpload)
	return s.Guard(mux, func(r *http.Request) bool { return r.URL.Path == "/upload" })
}

func get(t *testing.T, h http.Handler, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}
