//! Where what is seen lies in the image: the steps of a list as one map.

use super::elastic::Field;
use super::projection::Projection;
use super::sample::{bilinear, nearest};
use crate::data::mask::Mask;
use crate::data::picture::Picture;
use crate::data::window::Window;

/// From the pixels that are seen to places in the image.
///
/// As long as there are windows alone, they are one window, and pixels are copied. Anything else is
/// read once, whatever the steps: each pixel's place goes back through all of them, and the image
/// is interpolated there.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct Geometry {
    /// From the image on.
    steps: Vec<Step>,
    seen: [usize; 2],
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Window(Window),
    Projection(Projection),
    Field(Field),
}

impl Geometry {
    /// All of an image of this height and width, as it lies.
    pub fn whole(size: [usize; 2]) -> Self {
        Self {
            steps: vec![Step::Window(Window::whole(size))],
            seen: size,
        }
    }

    /// Height and width of what is seen.
    pub fn seen(&self) -> [usize; 2] {
        self.seen
    }

    /// Looks at what was seen through a window.
    pub fn look(&mut self, change: impl FnOnce(Window) -> Window) {
        let window = match self.steps.last_mut() {
            Some(Step::Window(window)) => {
                *window = change(*window);
                *window
            }
            _ => {
                let window = change(Window::whole(self.seen));
                self.steps.push(Step::Window(window));
                window
            }
        };
        self.seen = window.seen();
    }

    /// Looks at what was seen through a projection, which shows so much.
    pub fn project(&mut self, projection: Projection, seen: [usize; 2]) {
        self.seen = seen;
        match self.steps.last_mut() {
            Some(Step::Projection(before)) => *before = before.then(projection),
            _ => self.steps.push(Step::Projection(projection)),
        }
    }

    /// Looks at what was seen through a linear map about its middle.
    pub fn about_the_middle(&mut self, linear: [[f32; 2]; 2]) {
        let projection = Projection::about_the_middle(linear, self.seen);
        self.project(projection, self.seen);
    }

    /// Bends what was seen.
    pub fn bend(&mut self, field: Field) {
        self.steps.push(Step::Field(field));
    }

    /// The one window, where nothing has to be interpolated.
    pub fn window(&self) -> Option<Window> {
        match self.steps[..] {
            [Step::Window(window)] => Some(window),
            _ => None,
        }
    }

    /// Whether what is seen is mirrored. Only windows mirror: projections turn, scale and slant, and
    /// fields bend.
    pub fn mirrors(&self) -> bool {
        let mirrors = |step: &&Step| matches!(step, Step::Window(window) if window.mirrors());
        self.steps.iter().filter(mirrors).count() % 2 == 1
    }

    /// Where a point of the image is seen; none if it is not.
    pub fn point(&self, point: [f32; 2]) -> Option<[f32; 2]> {
        if let Some(window) = self.window() {
            return window.point(point);
        }
        let mut place = point;
        for step in &self.steps {
            place = match step {
                Step::Window(window) => window.seen_at(place),
                Step::Projection(projection) => projection.inverse().at(place),
                Step::Field(field) => field.back(place),
            };
        }
        let inside = |dim: usize| (-0.5..self.seen[dim] as f32 - 0.5).contains(&place[dim]);
        (inside(0) && inside(1)).then_some(place)
    }

    /// The place in the image of each pixel that is seen, row by row.
    fn places(&self) -> Vec<[f32; 2]> {
        let [height, width] = self.seen;
        let row = |row: usize| (0..width).map(move |column| [row as f32, column as f32]);
        let mut places: Vec<_> = (0..height).flat_map(row).collect();
        for step in self.steps.iter().rev() {
            let back = |place: [f32; 2]| match step {
                Step::Window(window) => window.taken_from(place),
                Step::Projection(projection) => projection.at(place),
                Step::Field(field) => field.at(place),
            };
            places.iter_mut().for_each(|place| *place = back(*place));
        }
        places
    }

    /// What is seen, read by one map for an image and what lies over it.
    pub fn view(&self) -> View<'_> {
        View {
            geometry: self,
            places: match self.window() {
                Some(_) => Vec::new(),
                None => self.places(),
            },
        }
    }
}

/// A geometry with the place of each pixel, if it needs them.
pub(super) struct View<'a> {
    geometry: &'a Geometry,
    places: Vec<[f32; 2]>,
}

impl View<'_> {
    /// What is seen of a picture; black where it is not.
    pub fn picture(&self, picture: Picture) -> Picture {
        match self.geometry.window() {
            Some(window) => picture.seen_through(&window),
            None => bilinear(&picture, &self.places, self.geometry.seen),
        }
    }

    /// What is seen of a mask, and `outside` where it is not.
    pub fn mask(&self, mask: Mask, outside: i32) -> Mask {
        match self.geometry.window() {
            Some(window) => mask.seen_through(&window, outside),
            None => nearest(&mask, &self.places, self.geometry.seen, outside),
        }
    }
}
