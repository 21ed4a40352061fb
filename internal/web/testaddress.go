package web

import (
	"net/http"
	"strings"
	"time"

	"callout/internal/operate"
)

// longestTest is how long an answer may take: what answer_within and deadline may be together, and more.
const longestTest = 15 * time.Minute

func (w *Web) testRoutes() map[string]action {
	return map[string]action{"GET /test": (*visit).testPage, "POST /test": (*visit).test}
}

// TestForm asks a destination about an address now, and shows the dialogue line by line where there is script.
type TestForm struct {
	Title, URL string
	Fields     []Field
	Hidden     [][2]string
}

// TestPage is what the page "tested" shows.
type TestPage struct {
	Form     TestForm
	Answer   *operate.Answer // nil: none yet
	Strip    Strip
	Dialogue Dialogue
	LeftOut  int
	URL      string // of the recipient's page
}

// testFields are the fields of the form to test an address with.
func testFields(recipient string, fresh bool, problem string) []Field {
	ask := ""
	if fresh {
		ask = "on"
	}
	return []Field{
		{Name: "recipient", Label: "Address", Value: recipient, Error: problem, Autofocus: problem != "", Mono: true, Required: true, Max: 400, Placeholder: "john@example.com"},
		{Name: "fresh", Label: "Ask the destination, whatever is known", Type: "checkbox", Value: ask,
			Help: "What it says is kept. Without it the answer is what a mail server would be told at this moment."},
	}
}

func (v *visit) testPage() error {
	return v.showTest(http.StatusOK, v.r.URL.Query().Get("recipient"), true, "")
}

// showTest shows the form, with what is wrong with the address.
func (v *visit) showTest(status int, recipient string, fresh bool, problem string) error {
	form := TestForm{URL: "/test", Fields: testFields(recipient, fresh, problem)}
	return v.pageAs(status, "tested", &Page{Title: "Test an address", Active: "domains", Crumbs: []Link{{"Domains", "/domains"}}, Data: TestPage{Form: form}})
}

// test asks about the address in the form. A local-part alone is one of the domain that the form was on.
func (v *visit) test() error {
	if err := v.form(); err != nil {
		return err
	}
	recipient := bare(v.r.PostForm.Get("recipient"))
	if domain := v.r.PostForm.Get("domain"); domain != "" && recipient != "" && !strings.Contains(recipient, "@") {
		recipient += "@" + domain
	}
	return v.ask(recipient, v.r.PostForm.Get("fresh") == "on")
}

// bare takes an address out of the angle brackets that it may stand in, as headers and logs have it.
func bare(text string) string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "<"); ok {
		if inner, ok = strings.CutSuffix(inner, ">"); ok {
			return strings.TrimSpace(inner)
		}
	}
	return text
}

// testRecipient asks about the address of a page.
func (v *visit) testRecipient() error {
	return v.ask(v.r.PathValue("address"), true)
}

// ask asks about an address, and answers with the dialogue as it happens, or with a page that has all of it.
func (v *visit) ask(recipient string, fresh bool) error {
	if wantsSpeech(v.r) {
		return v.askAloud(recipient, fresh)
	}
	// The answer may take as long as the domain's settings let a client wait, which is more than pages may take.
	conn := http.NewResponseController(v.ResponseWriter)
	_ = conn.SetReadDeadline(time.Time{})
	_ = conn.SetWriteDeadline(time.Now().Add(longestTest))
	said := newTranscript(nil)
	answer, err := v.desk.Verify(v.ctx(), v.who, recipient, fresh, said.hear)
	switch {
	case operate.KindOf(err) == operate.Malformed:
		return v.showTest(http.StatusBadRequest, recipient, fresh, sentence(err.Error()))
	case err != nil:
		return err
	}
	data := TestPage{
		Form: TestForm{Title: "Test another", URL: "/test", Fields: testFields(answer.Recipient, fresh, "")}, Answer: &answer,
		Strip: answerStrip(&answer), LeftOut: said.leftOut, URL: recipientURL(answer.Recipient),
		Dialogue: Dialogue{Lines: said.lines, Label: "Dialogue with the destination"},
	}
	return v.page("tested", &Page{Title: answer.Recipient, Mono: true, Active: "domains", Query: answer.Recipient,
		Crumbs: []Link{{"Domains", "/domains"}, {answer.Domain, domainURL(answer.Domain)}}, Data: data})
}

// askAloud tells each line of the dialogue as it happens, and then the answer.
func (v *visit) askAloud(recipient string, fresh bool) error {
	out := newSpeech(v.ResponseWriter)
	gone := false
	said := newTranscript(func(l Line) { gone = gone || out.say("line", spoken(l)) != nil })
	answer, err := v.desk.Verify(v.ctx(), v.who, recipient, fresh, said.hear)
	switch {
	case gone:
		return nil
	case err != nil:
		return v.speakFailure(out, err)
	}
	strip := answerStrip(&answer)
	out.last(Outcome{Kind: strip.Kind, Word: strip.Word, Text: join(" ", strip.Text, strip.Do), Changed: true})
	return nil
}

// answerStrip says in a sentence what an answer means.
func answerStrip(a *operate.Answer) Strip {
	s := Strip{Kind: "warn", Word: "Unknown", Text: a.Why}
	switch a.Verdict {
	case "valid":
		s.Kind, s.Word = "ok", "Valid"
	case "invalid":
		s.Kind, s.Word = "bad", "Invalid"
	}
	if a.Action == "no_opinion" {
		s.Kind, s.Word = "off", "No opinion"
	}
	if a.CatchAll {
		s.Word += " (catch-all)"
	}
	if a.Told != "" {
		s.Do = "A mail server would be told: " + strings.TrimSpace(a.Told)
		if a.Would != "" {
			s.Do = "If it were enforced, a mail server would be told: " + strings.TrimSpace(a.Told)
		}
	}
	return s
}
