package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"callout/internal/doctor"
	"callout/internal/operate"
)

func (w *Web) doctorRoutes() map[string]action {
	return map[string]action{
		"GET /domains/{domain}/doctor":  (*visit).doctor,
		"POST /domains/{domain}/doctor": (*visit).examine,
	}
}

// DoctorPage is what the page "doctor" shows.
type DoctorPage struct {
	URL    string
	Good   Field
	All    Field // whether everything is meant to be accepted
	Busy   string
	Report *ReportView // nil: none yet
	None   *Empty      // there is nothing to examine
}

func (v *visit) doctor() error { return v.showDoctor(http.StatusOK, &DoctorPage{}) }

// showDoctor shows the form above what there is already.
func (v *visit) showDoctor(status int, data *DoctorPage) error {
	d, err := v.desk.Domain(v.ctx(), v.who, v.r.PathValue("domain"))
	if err != nil {
		return err
	}
	data.URL = domainURL(d.Name) + "/doctor"
	if len(flat(d.Destinations)) == 0 {
		data.None = &Empty{Title: "Nothing to examine", Text: d.Name + " has no destination: its local recipients alone decide.",
			Links: []Link{{"Local recipients", domainURL(d.Name) + "/recipients"}}}
	}
	good := data.Good
	data.Good = Field{Name: "good", Label: "An address that exists", Mono: true, Max: 400, Placeholder: "john@" + d.Name, Value: good.Value, Error: good.Error, Autofocus: good.Error != "",
		Help: "So that it is seen whether such ones are accepted. Without one everything else is examined."}
	data.All = Field{Name: "catch_all", Label: "It is meant to accept everything", Type: "checkbox", Value: data.All.Value}
	return v.pageAs(status, "doctor", v.aboutDomain(&d, "doctor", data))
}

// examine examines the destination, and answers with the dialogue as it happens and then the report, or with a page that
// has both.
func (v *visit) examine() error {
	if err := v.form(); err != nil {
		return err
	}
	domain, good, all := v.r.PathValue("domain"), bare(v.r.PostForm.Get("good")), v.r.PostForm.Get("catch_all")
	if good != "" && !strings.Contains(good, "@") {
		good += "@" + domain
	}
	if wantsSpeech(v.r) {
		return v.examineAloud(domain, good, all == "on")
	}
	conn := http.NewResponseController(v.ResponseWriter) // an examination takes longer than pages may
	_ = conn.SetReadDeadline(time.Time{})
	_ = conn.SetWriteDeadline(time.Now().Add(doctor.MaxWhole + patience))
	said := newTranscript(nil)
	report, err := v.desk.Examine(v.ctx(), v.who, domain, good, all == "on", said.hear)
	data := &DoctorPage{Good: Field{Value: good}, All: Field{Value: all}}
	if err != nil {
		return v.notExamined(data, err)
	}
	data.Report = reportView(report, said)
	return v.showDoctor(http.StatusOK, data)
}

// notExamined shows the form again with why there is no report.
func (v *visit) notExamined(data *DoctorPage, err error) error {
	status, text := worded(err)
	switch mine, ok := errors.AsType[*operate.Error](err); {
	case ok && mine.Field == "good":
		data.Good.Error = fullStop(text) // it may begin with an address, which no capital is for
	case errors.Is(err, doctor.ErrBusy):
		data.Busy = busyText
	default:
		return err
	}
	return v.showDoctor(status, data)
}

const busyText = "This destination is being examined already, or too many others are at the moment. Nothing was asked; try again in a minute."

// examineAloud tells each line of the dialogue as it happens, and then the report.
func (v *visit) examineAloud(domain, good string, catchAll bool) error {
	out := newSpeech(v.ResponseWriter)
	gone := false
	said := newTranscript(func(l Line) { gone = gone || out.say("line", spoken(l)) != nil })
	report, err := v.desk.Examine(v.ctx(), v.who, domain, good, catchAll, said.hear)
	switch {
	case gone:
		return nil
	case errors.Is(err, doctor.ErrBusy):
		out.begin(http.StatusTooManyRequests)
		out.last(Outcome{Kind: "warn", Word: "Not now", Text: busyText})
		return nil
	case err != nil:
		return v.speakFailure(out, err)
	}
	view := reportView(report, said)
	html, err := v.shell.part("doctor", "report", view)
	if err != nil {
		return v.speakFailure(out, err)
	}
	if err := out.say("report", map[string]string{"html": html}); err != nil {
		return nil
	}
	kind := view.Strip.Kind
	if kind == "warn" { // its sign beside a form is that of what is not known
		kind = "info"
	}
	out.last(Outcome{Kind: kind, Word: view.Strip.Word, Text: "The report stands below."})
	return nil
}
