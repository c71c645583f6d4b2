package machines

import (
	"net/http"
	"strings"
	"testing"

	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// A launch template that has lost its tags keeps its name, which EC2 allows once: it is recognised by the stack's security
// group in it, and gets its tags back. Another one of the name is somebody else's, and in the way.
func TestTemplateWithoutItsTagsIsRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		group, stack string
		ours         bool
	}{
		"puts instances into the stack's group": {"sg-in", "", true},
		"has lost its role's tag only":          {"sg-in", "hello", true},
		"another stack's":                       {"sg-in", "other", false},
		"with another group":                    {"sg-mine", "", false},
	} {
		var tagged []string
		s := resourcetest.Answering(t, func(r *http.Request) (int, string) {
			form := resourcetest.FormOf(t, r)
			switch form.Get("Action") {
			case "DescribeLaunchTemplates":
				if strings.HasPrefix(form.Get("Filter.1.Name"), "tag:") {
					break
				}
				return http.StatusOK, "<R><launchTemplates><item><launchTemplateId>lt-1</launchTemplateId><launchTemplateName>understudy-hello-template" +
					"</launchTemplateName><tagSet><item><key>understudy:stack</key><value>" + c.stack + "</value></item></tagSet></item></launchTemplates></R>"
			case "DescribeLaunchTemplateVersions":
				return http.StatusOK, "<R><launchTemplateVersionSet><item><versionNumber>1</versionNumber><defaultVersion>true</defaultVersion>" +
					"<launchTemplateData><securityGroupIdSet><item>" + c.group + "</item></securityGroupIdSet></launchTemplateData></item></launchTemplateVersionSet></R>"
			case "CreateTags":
				tagged = append(tagged, form.Get("ResourceId.1"))
			}
			return http.StatusOK, "<R/>"
		})
		tmpl := &Template{Scope: s, ImageID: func() string { return "" }, Group: &network.Group{ID: "sg-in"}}
		there, err := tmpl.Find(t.Context())
		if there != c.ours || err != nil || (tmpl.Refused() == nil) != c.ours {
			t.Errorf("%s: there %v, refused %v, %v", name, there, tmpl.Refused(), err)
			continue
		}
		if !c.ours {
			continue
		}
		missing := resource.Compare([]resource.Field{{Name: "tagged", Value: resource.Yes(true)}}, tmpl.Actual())
		if err := tmpl.Change(t.Context(), missing); err != nil || len(missing) != 1 || len(tagged) != 1 || tagged[0] != "lt-1" {
			t.Errorf("%s: differences %v, tagged %v, %v", name, missing, tagged, err)
		}
	}
}
