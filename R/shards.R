# A batch in shards: how it is cut, what one shard gives, and how the sum over all is taken. Nothing
# here knows who computes which shard, and so no result depends on it.
#
# Every image belongs to one shard for the whole training, so that a worker needs the images of its
# own shards only. Each batch takes the same share of every shard's images, in an order that the
# shard draws for each epoch. One shard: all images, in the order that cnn() has always drawn.

# How many images each shard has in each batch: a matrix with a row a batch and a column a shard.
shard_sizes <- function(n, size, shards) {
  bounds <- batch_bounds(n, size)
  sizes <- bounds$last - bounds$first + 1L
  ends <- outer(sizes, seq_len(shards), function(size, shard) (size * shard) %/% shards)
  ends - cbind(0, ends[, -shards, drop = FALSE])
}

# Which of 1..n belong to each shard, a list.
shard_members <- function(sizes, seed) {
  totals <- colSums(sizes)
  n <- sum(totals)
  if (length(totals) == 1) {
    return(list(seq_len(n)))
  }
  order <- with_stream(seed, 0, 0, 1, sample.int(n))
  ends <- cumsum(totals)
  lapply(seq_along(totals), function(shard) {
    sort(order[seq_len(totals[shard]) + ends[shard] - totals[shard]])
  })
}

# What a training is, but for its data and where it stands: all that a worker must know. `fit` is
# where it begins; parameters of layers that learn travel later, in the order of `learning`.
new_course <- function(fit, plan, n, augment) {
  learning <- unique(vapply(Filter(function(node) node$learns && node$has_params, plan$nodes),
                            `[[`, "", "layer"))
  list(layers = fit$layers, input = fit$input, loss = fit$loss, class_weights = fit$class_weights,
       scale = fit$scale, precision = fit$precision, augment = augment, seed = fit$seed,
       shards = fit$shards, classes = length(fit$levels),
       sizes = shard_sizes(n, fit$batch_size, fit$shards), params = fit$params, state = fit$state,
       learning = intersect(names(plan$params), learning))
}

# A function of epoch, batch, parameters and running statistics that returns what batch_gradient()
# does for one shard, and its `n`; NULL where the shard has no image in the batch. The gradients lie
# in the pool: they are good until the next call. `data` is a list of `x`, `y` and the `rows` of the
# shard's images.
new_shard <- function(course, plan, data, shard, pool) {
  sizes <- course$sizes[, shard]
  bounds <- list(last = cumsum(sizes), first = cumsum(sizes) - sizes + 1)
  drawn <- 0
  order <- NULL
  next_images <- NULL
  function(epoch, batch, params, state) {
    if (epoch != drawn) {
      n <- length(data$rows)
      order <<- data$rows[with_stream(course$seed, epoch, 0, shard - 1, sample.int(n))]
      next_images <<- image_batches(data$x, order, bounds, 2^24 / course$shards)
      drawn <<- epoch
    }
    if (sizes[batch] == 0) {
      return(NULL)
    }
    rows <- order[bounds$first[batch]:bounds$last[batch]]
    images <- next_images(batch)
    on.exit(use_pool_cpp(NULL))
    # All that is random in a batch runs under a seed of its own.
    result <- with_stream(course$seed, epoch, batch, shard, {
      # What a function of the user's gets is the user's, and no vector to use again; it is doubles.
      theirs <- !is.null(course$augment) && !is_ours(course$augment)
      if (!theirs) use_pool_cpp(pool)
      given <- list(x = gather_images(images$x, images$rows, course$scale,
                                      is_single(course) && !theirs),
                    y = gather_target(data$y, rows))
      if (!is.null(course$augment)) {
        given <- augment_batch(course$augment, given$x, given$y,
                               c(course$seed, epoch, batch, shard), course$classes)
      }
      if (theirs) {
        use_pool_cpp(pool)
        if (is_single(course)) given$x <- to_single_cpp(given$x)
      }
      batch_gradient(plan, params, state, given$x, given$y, course$loss, course$class_weights)
    })
    result$n <- length(rows)
    result
  }
}

# --- sums ----------------------------------------------------------------------------------------

# What a shard gives as one flat vector: gradients and running statistics, weighted by its share of
# the batch, then the sum of the losses and the number of right answers. A loss that is not finite
# makes that sum so. NULL for a shard without images.
flatten_shard <- function(result, course, batch) {
  if (is.null(result)) {
    return(NULL)
  }
  share <- result$n / sum(course$sizes[batch, ])
  grads <- if (is.null(result$grads)) learning_params(course) else
    in_order_of(result$grads, learning_params(course))
  flat <- flatten_cpp(list(grads, in_order_of(result$state, course$state)), share, 2L)
  n <- length(flat)
  flat[n - 1:0] <- c(result$sum, result$correct)
  flat
}

# The result of the whole batch, from the sum of its shards.
unflatten_batch <- function(flat, course) {
  grads <- unflatten_cpp(flat, learning_params(course), 0)
  state <- unflatten_cpp(flat, course$state, length(flat) - 2 - count_cells(course$state))
  totals <- flat[length(flat) - 1:0]
  list(sum = totals[1], correct = if (is.na(totals[2])) NA else totals[2],
       grads = if (is.finite(totals[1])) grads, state = state)
}

learning_params <- function(course) course$params[course$learning]

# The parts of a tree as they are named in another.
in_order_of <- function(tree, like) {
  for (path in names(like)) like[[path]] <- tree[[path]][names(like[[path]])]
  like
}

count_cells <- function(tree) sum(lengths(unlist(tree, recursive = FALSE)))

# Sums are taken along one binary tree over the shards: the left branch of a node has the largest
# power of two of them that is less than all. Vectors are added in place, into the left one.
left_branch <- function(shards) {
  n <- length(shards)
  shards[seq_len(2^(ceiling(log2(n)) - 1))]
}

# The sum over `shards`, a range. `leaf(shard)` gives a fresh vector, or NULL for a shard without
# images; or `known`, a list by the names of ranges, has the sums that were taken elsewhere.
tree_sum <- function(shards, leaf, known = list()) {
  there <- known[[range_name(shards)]]
  if (!is.null(there)) {
    return(there)
  }
  if (length(shards) == 1) {
    return(if (!is.null(leaf)) leaf(shards))
  }
  left <- left_branch(shards)
  a <- tree_sum(left, leaf, known)
  b <- tree_sum(setdiff(shards, left), leaf, known)
  if (is.null(a)) b else if (is.null(b)) a else add_to_cpp(a, b)
}

range_name <- function(shards) paste(shards[1], shards[length(shards)])

# The largest nodes of the tree over `all` that lie within the range `shards`, a list.
whole_branches <- function(shards, all) {
  if (length(shards) == 0 || length(intersect(shards, all)) == 0) {
    return(list())
  }
  if (all(all %in% shards)) {
    return(list(all))
  }
  left <- left_branch(all)
  c(whole_branches(shards, left), whole_branches(shards, setdiff(all, left)))
}

# Neighbouring shards for each of `n` workers, as even as may be; a list, with none empty.
share_shards <- function(shards, n) {
  ends <- (shards * seq_len(n)) %/% n
  all <- seq_len(shards)
  ranges <- lapply(seq_len(n), function(i) all[all <= ends[i] & all > c(0, ends)[i]])
  ranges[lengths(ranges) > 0]
}
