package watching

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestDashboardsAreKept(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	put := func(name, body string) error {
		_, err := s.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: &name, DashboardBody: &body})
		return err
	}
	body := `{"widgets": [ ]}`
	for _, name := range []string{"app-b", "app-a", "other"} {
		if err := put(name, body); err != nil {
			t.Fatal(err)
		}
	}
	s.reopen()
	d := roomtest.Must(s.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: new("app-a")}))(t)
	if *d.DashboardBody != body || *d.DashboardArn != "arn:aws:cloudwatch::111122223333:dashboard/app-a" {
		t.Errorf("it is %+v", d)
	}
	list := roomtest.Must(s.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{DashboardNamePrefix: new("app-")}))(t).DashboardEntries
	if len(list) != 2 || *list[0].DashboardName != "app-a" || *list[0].Size != int64(len(body)) || list[0].LastModified.IsZero() {
		t.Errorf("the list is %+v", list)
	}
	remove := func(names ...string) error {
		_, err := s.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: names})
		return err
	}
	roomtest.WantAPIError(t, remove("app-a", "nothing"), "ResourceNotFound")
	if err := remove("app-a", "app-b"); err != nil {
		t.Fatal(err)
	}
	_, err := s.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: new("app-a")})
	roomtest.WantAPIError(t, err, "ResourceNotFound")
	for name, body := range map[string]string{"a b": body, "list": "[]", "text": "widgets", strings.Repeat("x", 256): body} {
		roomtest.WantAPIError(t, put(name, body), "InvalidParameterInput")
	}
}
