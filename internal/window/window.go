// Package window shows pages to tests in a real browser, Chromium without a window, and holds rules of accessibility against them.
package window

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

//go:embed axe/axe.min.js
var axe string

// Step is something that is done in a window.
type Step = chromedp.Action[chromedp.Void]

// Window is a tab of a browser.
type Window struct {
	t   testing.TB
	ctx context.Context
}

// Open starts a browser that ends with the test. It knows no name but localhost, so that nothing that it does by itself leaves the machine.
func Open(t testing.TB) *Window {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(judge.Need(t, "chromium")), chromedp.NoSandbox,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(patience.Limit), chromedp.Env("HOME="+t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	w := &Window{t, ctx}
	w.begin()
	return w
}

// begin makes the tab. Its first step has no deadline of its own: a tab lasts as long as that step's context.
func (w *Window) begin() {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, w.Size(1200, 900)); err != nil {
		w.t.Fatalf("open a window: %v", err)
	}
}

// Tab opens another tab of the same browser.
func (w *Window) Tab() *Window {
	ctx, cancel := chromedp.NewContext(w.ctx)
	w.t.Cleanup(cancel)
	tab := &Window{w.t, ctx}
	tab.begin()
	return tab
}

// Do does steps, and fails the test with what the page says if one of them cannot be done.
func (w *Window) Do(what string, steps ...Step) {
	w.t.Helper()
	within, cancel := context.WithTimeout(w.ctx, patience.Limit)
	defer cancel()
	if err := chromedp.Do(within, steps...); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), 5*time.Second)
		defer cancel()
		text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		w.t.Fatalf("%s: %v\n%s", what, err, text)
	}
}

// Go opens a page.
func (w *Window) Go(url string) Step { return chromedp.Navigate(url) }

// Size gives the window a size.
func (w *Window) Size(width, height int64) Step { return chromedp.EmulateViewport(width, height) }

// Scheme sets the colours that the user prefers: light or dark.
func (w *Window) Scheme(name string) Step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return chromedp.Void{}, err
	}
}

// Says waits until an element's text has a part.
func (w *Window) Says(selector, part string) Step {
	return w.Until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, part))
}

// Until waits until a script's value is true, also in a page that the present one leads to.
func (w *Window) Until(script string) Step {
	return func(ctx context.Context, t *chromedp.Target) (void chromedp.Void, err error) {
		for {
			// While one page takes another one's place, there is none to ask.
			if is, err := chromedp.Evaluate[bool]("!!("+script+")")(ctx, t); err == nil && is {
				return void, nil
			}
			select {
			case <-ctx.Done():
				return void, fmt.Errorf("%s: %w", script, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// Click clicks on what a selector finds, once it is there and can be seen.
func (w *Window) Click(selector string) Step { return chromedp.Click(chromedp.CSS(selector)) }

// Run runs a script.
func (w *Window) Run(script string) Step {
	return chromedp.Evaluate[chromedp.Void]("{" + script + "}; ({})")
}

// Value is the value of a script, awaited if it is a promise.
func Value[T any](w *Window, script string) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// Accessible holds axe-core's rules against the page.
func (w *Window) Accessible(what string) {
	w.t.Helper()
	if !Value[bool](w, "!!self.axe") {
		w.Do("give the page axe", w.Run(axe+"\n0"))
	}
	const script = `axe.run(document).then(r => ` +
		`JSON.stringify(r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)])))`
	if found := Value[string](w, script); found != "[]" {
		w.t.Errorf("%s is not accessible: %s", what, found)
	}
}

// Picture writes a picture of the whole page into a folder, unless that is "".
func (w *Window) Picture(folder, name string) {
	w.t.Helper()
	if folder == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)
	}
	if err != nil {
		w.t.Fatalf("picture of %s: %v", name, err)
	}
}
