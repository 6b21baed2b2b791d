//! Everything that changes in training.

use anyhow::Result;
use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use models::{ImageSpec, Model, ModelConfig};
use skip_blocks::seam::Seam;
use weights::Report;

use crate::average::Average;
use crate::data::DataSet;
use crate::frozen::Frozen;
use crate::gradients::clipped;
use crate::network::start;
use crate::recipe::{Recipe, Treatment};

/// A model, and what changes it.
pub(crate) struct State {
    pub model: Model,
    pub optimizer: ModuleOptimizer,
    pub average: Option<Average>,
    /// How parameters are treated, by their ids.
    treatments: Vec<Treatment>,
    /// What does not learn; none: all does.
    frozen: Option<Frozen>,
    /// What is computed again on the way back, by their ids too.
    pub seam: Option<Seam>,
}

impl State {
    /// Around a new model, as the recipe's seed draws it, and what became of the weights that it starts
    /// from, if any.
    ///
    /// # Errors
    /// If the weights that it is to start from cannot be read or do not fit, and as
    /// [`State::around`].
    pub fn untrained(
        recipe: &Recipe,
        data: &DataSet,
        device: &Device,
        config: &ModelConfig,
    ) -> Result<(Self, Option<Report>)> {
        device.seed(recipe.run.seed);
        let (model, report) = start(&recipe.model, config, &device.clone().autodiff())?;
        let state = Self::around(model, recipe, config, data.problem.image)?;
        Ok((state, report))
    }

    /// Around a model that has not learned yet, or that goes on with the optimizer's memory and the
    /// average to be put in.
    ///
    /// # Errors
    /// If the recipe speaks of parameters or parts that the model does not have.
    pub fn around(
        model: Model,
        recipe: &Recipe,
        config: &ModelConfig,
        image: ImageSpec,
    ) -> Result<Self> {
        let treatments = recipe.optimizer.treatments(&model, config, image)?;
        let mut state = Self {
            optimizer: recipe.optimizer.init(&treatments),
            average: recipe.optimizer.average.map(|_| Average::of(&model)),
            seam: recipe.run.recompute.seam(&model, config)?,
            frozen: Frozen::of(&recipe.freeze, &model, config, image)?,
            treatments,
            model,
        };
        state.begin_epoch(recipe, 0);
        Ok(state)
    }

    /// Freezes what does not learn in an epoch, counted from 0.
    pub fn begin_epoch(&mut self, recipe: &Recipe, epoch: usize) {
        if let Some(frozen) = &self.frozen {
            self.model = frozen.in_epoch(self.model.clone(), epoch, &recipe.freeze);
        }
    }

    /// Takes the `step`th step, where the schedule multiplies all learning rates by `factor`.
    pub fn update(
        &mut self,
        recipe: &Recipe,
        gradients: GradientsParams,
        factor: f64,
        step: usize,
    ) {
        let optimizer = &recipe.optimizer;
        let gradients = match optimizer.clip {
            Some(longest) => clipped(gradients, &self.model, longest),
            None => gradients,
        };
        let rates = optimizer.rates(&self.treatments, factor);
        let model = self.model.clone();
        self.model = self.optimizer.step(rates, model, gradients);
        if let (Some(average), Some(decay)) = (&mut self.average, optimizer.average) {
            average.follow(&self.model, decay, step);
        }
    }

    /// The model that answers, without derivatives: the average, if there is one.
    pub fn answering(&self) -> Model {
        match &self.average {
            Some(average) => average.model.clone(),
            None => self.model.valid(),
        }
    }
}
