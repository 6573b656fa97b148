"""SplitOptimizer: one optimiser for the encoder, another for the rest."""

import keras


class SplitOptimizer(keras.optimizers.Optimizer):
    """Give every variable to one of several optimisers, each with slots, clipping and schedule of its own.

    Args:
        optimizers: list of ``keras.optimizers.Optimizer``.
        part_of: function of a ``keras.Variable``: the index of the optimiser that updates it.
    """

    def __init__(self, optimizers, part_of, name="split_optimizer", **kwargs):
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        self.optimizers, self.part_of = list(optimizers), part_of

    def build(self, variables):
        """Make the slots of all parts."""
        if self.built:
            return
        super().build(variables)
        for index, optimizer in enumerate(self.optimizers):
            optimizer.build([variable for variable in variables if self.part_of(variable) == index])

    def apply(self, grads, trainable_variables=None):
        """Update the variables, each by the optimiser that it belongs to.

        Args:
            grads: list of tensors.
            trainable_variables: list of ``keras.Variable``; None takes those that ``build`` received.
        """
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        pairs = list(zip(grads, trainable_variables, strict=True))
        self.build([variable for _, variable in pairs])
        for index, optimizer in enumerate(self.optimizers):
            part = [(gradient, variable) for gradient, variable in pairs if self.part_of(variable) == index]
            optimizer.apply(*map(list, zip(*part, strict=True)))

    @property
    def variables(self):
        """The variables of all parts."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self):
        """Updates so far, of the first part; all parts make the same number."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self):
        """The learning rate of the first part."""
        return self.optimizers[0].learning_rate
