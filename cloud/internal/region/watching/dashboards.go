package watching

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// dashboardRow is a dashboard. It is kept, and drawn by nobody here.
type dashboardRow struct {
	Name, Body string
	Modified   time.Time
}

// The limits of PutDashboard.
var dashboardName = regexp.MustCompile(`^[0-9A-Za-z_-]{1,255}$`)

const longestDashboard = 1 << 20

// dashboardARN has no region: dashboards are global on AWS.
func (r *Room) dashboardARN(name string) string {
	return "arn:aws:cloudwatch::" + r.Account + ":dashboard/" + name
}

func badDashboard(format string, args ...any) error {
	return wire.Errorf("InvalidParameterInput", format, args...)
}

func missingDashboard(name string) error {
	return &wire.Error{Code: "ResourceNotFound", Message: fmt.Sprintf("Dashboard %s does not exist", name), Status: http.StatusNotFound}
}

// PutDashboard makes a dashboard, or replaces it whole.
func (r *Room) PutDashboard(ctx context.Context, in *cloudwatch.PutDashboardInput) (*cloudwatch.PutDashboardOutput, error) {
	if err := room.Only(in, "DashboardName", "DashboardBody"); err != nil {
		return nil, err
	}
	name, body := room.Deref(in.DashboardName), room.Deref(in.DashboardBody)
	var form map[string]any
	switch {
	case !dashboardName.MatchString(name):
		return nil, badDashboard("The value %s for field DashboardName is invalid. It must be 1 to 255 letters, digits, dashes and underscores.", name)
	case len(body) > longestDashboard:
		return nil, badDashboard("The field DashboardBody must have at most %d bytes.", longestDashboard)
	case json.Unmarshal([]byte(body), &form) != nil:
		return nil, badDashboard("The field DashboardBody must be a valid JSON object")
	}
	if flaws := checkBody(form); len(flaws) > 0 {
		return nil, badBody(flaws)
	}
	return &cloudwatch.PutDashboardOutput{DashboardValidationMessages: []cwtypes.DashboardValidationMessage{}}, r.Update(func(tx *store.Tx) error {
		return r.dashboards.Put(tx, name, dashboardRow{Name: name, Body: body, Modified: time.Now().UTC().Truncate(time.Second)})
	})
}

// GetDashboard returns a dashboard's body as it was put.
func (r *Room) GetDashboard(ctx context.Context, in *cloudwatch.GetDashboardInput) (*cloudwatch.GetDashboardOutput, error) {
	if err := room.Only(in, "DashboardName"); err != nil {
		return nil, err
	}
	row, ok := r.dashboards.Get(room.Deref(in.DashboardName))
	if !ok {
		return nil, missingDashboard(room.Deref(in.DashboardName))
	}
	return &cloudwatch.GetDashboardOutput{DashboardName: &row.Name, DashboardBody: &row.Body, DashboardArn: new(r.dashboardARN(row.Name))}, nil
}

// ListDashboards lists dashboards by their names.
func (r *Room) ListDashboards(ctx context.Context, in *cloudwatch.ListDashboardsInput) (*cloudwatch.ListDashboardsOutput, error) {
	if err := room.Only(in, "DashboardNamePrefix", "NextToken"); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(r.dashboards.All(), func(d dashboardRow) bool { return !strings.HasPrefix(d.Name, room.Deref(in.DashboardNamePrefix)) })
	rows, next, err := room.Page(rows, func(d dashboardRow) string { return d.Name }, nil, in.NextToken, room.Paging{Usual: 1000, BadToken: badToken})
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListDashboardsOutput{DashboardEntries: []cwtypes.DashboardEntry{}, NextToken: next}
	for _, d := range rows {
		out.DashboardEntries = append(out.DashboardEntries, cwtypes.DashboardEntry{
			DashboardName: &d.Name, DashboardArn: new(r.dashboardARN(d.Name)), LastModified: &d.Modified, Size: new(int64(len(d.Body))),
		})
	}
	return out, nil
}

// DeleteDashboards deletes all of the dashboards that it names, or none where one is missing
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html).
func (r *Room) DeleteDashboards(ctx context.Context, in *cloudwatch.DeleteDashboardsInput) (*cloudwatch.DeleteDashboardsOutput, error) {
	if err := room.Only(in, "DashboardNames"); err != nil {
		return nil, err
	}
	if len(in.DashboardNames) == 0 {
		return nil, missing("DashboardNames")
	}
	return &cloudwatch.DeleteDashboardsOutput{}, r.Update(func(tx *store.Tx) error {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(in.DashboardNames))) {
			if _, ok := r.dashboards.GetTx(tx, name); !ok {
				return missingDashboard(name)
			}
			if err := r.dashboards.Delete(tx, name); err != nil {
				return err
			}
		}
		return nil
	})
}
