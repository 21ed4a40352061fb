package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"callout/internal/operate"
)

// What becomes of the list when a file is imported.
const (
	importAdd     = "add"
	importReplace = "replace"
)

// importLocals reads local recipients from a file while it comes in, and takes over all of them or none.
func (v *visit) importLocals() error {
	body := newPatientReader(v.ResponseWriter, v.r.Body)
	v.r.Body = struct {
		io.Reader
		io.Closer
	}{body, v.r.Body}
	speaks := wantsSpeech(v.r)
	out := newSpeech(v.ResponseWriter)
	told := 0
	how, changed, err := v.readImport(func(read int, storing bool) {
		// Nothing is said before the file is there: browsers read no answer while they send, and HTTP/1.1 servers no
		// request once they answer. How far the upload is, the browser knows.
		if speaks && storing {
			told = read
			_ = out.say("progress", map[string]any{"done": read, "total": read, "text": Number(int64(read)) + " read, being stored"})
		}
	})
	if err != nil {
		_, _ = io.Copy(io.Discard, v.r.Body) // a browser that is cut off while it sends would not show the answer
	}
	switch {
	case speaks && err != nil:
		return v.speakWrong(out, err)
	case speaks:
		heading := ""
		if changed.Heading != "" {
			heading = " " + sentence(operate.HeadingText(changed.Heading))
		}
		out.last(Outcome{Kind: "ok", Word: "Imported", Changed: true, Text: Plural(int64(told), "recipient", "recipients") +
			" read: " + Number(int64(changed.Added)) + " added, " + Number(int64(changed.Removed)) + " removed." + heading})
		return nil
	case operate.KindOf(err) == operate.Unusable, operate.KindOf(err) == operate.TooLarge && !tooLong(err):
		text, wrong := wrongRows(err)
		return v.showLocals(http.StatusUnprocessableEntity, localsForm{how: how, importError: text, importWrong: wrong})
	case operate.KindOf(err) == operate.Busy:
		return v.showLocals(http.StatusTooManyRequests, localsForm{how: how, importError: sentence(err.Error())})
	case err != nil:
		return err
	}
	name := v.r.PathValue("domain")
	page, err := v.desk.Recipients(v.ctx(), v.who, name, operate.RecipientQuery{Limit: 1})
	if err != nil {
		return err
	}
	numbers := []int64{int64(changed.Added), int64(changed.Removed), int64(page.Total)}
	if changed.Heading == "" {
		v.shell.SetFlash(v, v.r, DoneImported, numbers...)
	} else {
		place := slices.Index(operate.Headings(), strings.ToLower(changed.Heading))
		v.shell.SetFlash(v, v.r, DoneImportedBelow, append(numbers, int64(place))...)
	}
	Redirect(v, v.r, domainURL(name)+"/recipients")
	return nil
}

// speakWrong tells of an error, and of each row that can't be used where there are several.
func (v *visit) speakWrong(out *speech, err error) error {
	text, wrong := wrongRows(err)
	if wrong == nil {
		return v.speakFailure(out, err)
	}
	html, err := v.shell.part("locals", "wrong", wrong)
	if err != nil {
		return v.speakFailure(out, err)
	}
	out.begin(http.StatusUnprocessableEntity)
	if out.say("report", map[string]string{"html": html}) == nil {
		out.last(Outcome{Kind: "bad", Text: text})
	}
	return nil
}

// WrongRows are rows or lines that can't be used, with what is wrong with each.
type WrongRows struct {
	Rows []string
	More bool
}

// wrongRows words what can't be used: in one sentence, and where there are several rows, row by row.
func wrongRows(err error) (text string, rows *WrongRows) {
	wrong, ok := errors.AsType[*operate.RowsError](err)
	if !ok || len(wrong.Rows) == 1 {
		return sentence(err.Error()), nil
	}
	rows = &WrongRows{More: wrong.More}
	for _, row := range wrong.Rows {
		rows.Rows = append(rows.Rows, sentence(row.Where()+": "+row.Text))
	}
	return sentence(wrong.Summary()), rows
}

func tooLong(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// readImport reads the form and the file in it. What becomes of the list must stand in front of the file, which is not kept.
func (v *visit) readImport(tell operate.Progress) (how string, changed operate.RecipientsChanged, err error) {
	form, err := v.r.MultipartReader()
	if err != nil {
		return "", changed, malformedImport("The form can't be read: it must be multipart/form-data. Go back and try again.")
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return how, changed, unusableImport("choose a file to import")
		case tooLong(err):
			return how, changed, err
		case err != nil:
			return how, changed, malformedImport("The upload ended early. Try again.")
		case part.FormName() == "how":
			if how, err = readChoice(part); err != nil {
				return how, changed, err
			}
		case part.FormName() == "file" && how == "":
			return how, changed, malformedImport("The form must say what becomes of the list, in front of the file: how=add or how=replace.")
		case part.FormName() == "file" && part.FileName() == "":
			return how, changed, unusableImport("choose a file to import")
		case part.FormName() == "file":
			changed, err = v.desk.ImportRecipients(v.ctx(), v.who, v.r.PathValue("domain"), part, how == importReplace, tell)
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = malformedImport("The upload ended early; nothing was imported. Try again.")
			}
			return how, changed, err
		}
	}
}

// readChoice reads what is to become of the list.
func readChoice(part *multipart.Part) (how string, err error) {
	b, err := io.ReadAll(io.LimitReader(part, 64))
	how = string(b)
	if err == nil && how != importAdd && how != importReplace {
		err = malformedImport("There is no such import: how is add or replace.")
	}
	return how, err
}

func malformedImport(text string) error { return &operate.Error{Kind: operate.Malformed, Detail: text} }

func unusableImport(text string) error { return &operate.Error{Kind: operate.Unusable, Detail: text} }
