package door

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/fault"
	"github.com/understudy/understudy/cloud/internal/throttle"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// call is a verified request on its way to who carries it out.
type call struct {
	fault.Call
	service *wire.Service
	r       *http.Request
	body    []byte
	handle  func(w http.ResponseWriter, r *http.Request, body []byte)
}

// meddle carries a call out with the faults that strike it.
func (d *door) meddle(w http.ResponseWriter, c call) {
	c.Operation = c.service.OperationOf(c.r, c.body)
	d.Recorder.record(c)
	if d.Throttle != nil && !d.Throttle.Allow(throttle.Call{Service: c.service, Region: c.Region, Operation: c.Operation, Form: c.form()}) {
		refuse(w, c.r, c.service, fault.Rule{Error: fault.Throttling}.AWSError(c.service))
		return
	}
	struck, hidden := d.Faults.judge(c.Call)
	log := d.Faults.begin(c, struck)
	seen := &statusWriter{ResponseWriter: w}
	defer func() { d.Faults.end(log, seen.status) }()
	var after []fault.Rule
	for _, r := range struck {
		d.Log.Debug("fault", "id", r.ID, "service", c.Service, "operation", c.Operation, "region", c.Region)
		switch {
		case r.Error != "":
			refuse(seen, c.r, c.service, r.AWSError(c.service))
			return
		case r.Kill != 0 && r.When == fault.Asked:
			d.kill(r)
			cut()
		case (r.Delay != 0 || r.Hang) && !d.Faults.wait(c.r.Context(), r.ID, r.Delay):
			cut()
		case r.Lose, r.Unseen != 0, r.Kill != 0:
			after = append(after, r)
		}
	}
	if len(after) == 0 && len(hidden) == 0 {
		c.handle(seen, c.r, c.body)
		return
	}
	d.finish(seen, c, d.record(c, hidden), after)
}

// record carries a call out that does not see what is hidden, and keeps its answer.
func (d *door) record(c call, hidden fault.Hidden) *answer {
	a := &answer{header: http.Header{}}
	c.unsee(hidden)
	c.handle(a, c.r, c.body)
	if a.status == 0 {
		cut() // the client is gone
	}
	a.body = hidden.Answer(c.Operation, a.body)
	return a
}

// finish does what is to be done to a call that has been carried out, and answers it unless that is the fault.
func (d *door) finish(w http.ResponseWriter, c call, a *answer, after []fault.Rule) {
	lost := false
	var last []fault.Rule
	for _, r := range after {
		switch {
		case r.Unseen != 0 && a.status < http.StatusMultipleChoices:
			d.Faults.hide(r, c.Operation, c.form(), a.body)
		case r.Lose:
			lost = true
		case r.When == fault.Done:
			d.kill(r)
			lost = true
		case r.When == fault.Answered:
			last = append(last, r)
		}
	}
	if lost {
		cut()
	}
	a.send(w)
	for _, r := range last {
		d.kill(r)
	}
}

// unsee makes the request one that names nothing that is hidden.
func (c *call) unsee(h fault.Hidden) {
	r := c.r.Clone(c.r.Context())
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = h.Request(r.URL.Path), h.Request(r.URL.RawPath), h.Request(r.URL.RawQuery)
	c.body = []byte(h.Request(string(c.body)))
	if form := c.form(); h.Form(c.Operation, form) {
		c.body = []byte(form.Encode())
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
	c.r = r
}

// form returns the parameters in the body of a query API's call, nil in other calls.
func (c *call) form() url.Values {
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil
	}
	return form
}

// answer is an answer that is not sent yet.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, b...)
	return len(b), nil
}

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body)                           // who asked may have gone away
	_ = http.NewResponseController(w).Flush() // before a process is killed that is to have it
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
